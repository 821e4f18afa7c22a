"""Our own JSONL as a corpus format: `duologue.dialogue.read` and `write` with the signature that every format has.

write("copy.jsonl.zst", read("dialogues.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, jsonl


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues; a line that does not fit the schema always stops (`on_problem` is never told).

    Raises:
        InputError: names the file, the line and the field.
    """
    return jsonl.read(path)


def write(path: str | Path, dialogues: Iterable[Dialogue]) -> int:
    """Write dialogues with everything they hold and return how many."""
    return jsonl.write(path, dialogues)
