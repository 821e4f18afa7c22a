"""`attention.jsonl`: a row a reply, with what became of it.

for row in read_rows_of(Path("runs/attention")): print(row.strategy, row.sra["response_mean"]["strategy_name"])
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from duologue.dialogue import read_rows

ROWS = "attention.jsonl"
Values = dict[str, dict[str, float | None]]
"""mode -> part -> value; null where a part was not found."""


class SRARow(msgspec.Struct, omit_defaults=True):
    """One reply's figures.

    Attributes:
        id: the branch, or the dialogue.
        dialogue: the dialogue.
        model: the spec.
        depth: turns of the history.
        layout: of the prompt.
        strategy: asked for.
        prompt_tokens: tokens of the prompt.
        reply_tokens: tokens of the reply.
        sra: as the paper has it.
        raw: without renormalising.
        ratio: SRA over what uniform attention would give.
        tokens: of each part.
        coverage: share of each part's characters that its tokens have.
        reasons: part -> why it was not found; `reply` -> why nothing was measured.
        file: the map, in the folder; nothing where none was written.
    """

    id: str
    dialogue: str
    model: str
    depth: int
    layout: str | None = None
    strategy: str | None = None
    prompt_tokens: int = 0
    reply_tokens: int = 0
    sra: Values = {}
    raw: Values = {}
    ratio: Values = {}
    tokens: dict[str, int] = {}
    coverage: dict[str, float] = {}
    reasons: dict[str, str] = {}
    file: str = ""

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes a row unique: the same branch may have been asked for in several layouts."""
        return self.id, self.layout


def read_rows_of(folder: Path) -> list[SRARow]:
    """The rows of a folder; one that a kill cut short is taken off the file.

    Raises:
        InputError: a row cannot be used.
    """
    path = folder / ROWS
    if not path.is_file():
        return []
    whole = path.read_bytes()
    if not whole.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(whole.rfind(b"\n") + 1)
    return list(read_rows(path, SRARow))
