"""Stage `data`: the three variants over the same dialogues, i.e. those that survived and have a chat.

`interference-SPLIT.jsonl` serves two variants (SimpleToD leaves the insertions out), `fusedchat-SPLIT.jsonl` the third.
`lm_data/` holds them in the published layout as well.
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.children import corpus_id
from duologue.dialogue import read, write
from duologue.errors import DuologueError
from duologue.experiments.interference.settings import SPLITS, VARIANTS
from duologue.experiments.stages import Work
from duologue.views.simpletod import MarkerStyle
from duologue.views.simpletod_files import write_simpletod


def data(work: Work, markers: MarkerStyle) -> dict[str, Any]:
    """Collect what all three variants have.

    Raises:
        DuologueError: there is nothing left to train on or to test with.
    """
    facts: dict[str, Any] = {"dialogues": {}, "examples": {}}
    for split in SPLITS:
        made = list(read(work.inputs["synthesize"] / split / "dialogues.jsonl"))
        chats = {corpus_id(each): each for each in read(work.inputs["corpus"] / f"fusedchat-{split}.jsonl")}
        shared = [each for each in made if corpus_id(each) in chats]
        if not shared and split != "val":  # without validation dialogues there is no validation loss, that is all
            raise DuologueError(
                f"no dialogue of the split '{split}' passed the gates",
                where=str(work.inputs["synthesize"] / split / "rejected.jsonl"),
                mend="take more dialogues, a better model or more draws",
            )
        write(work.folder / f"interference-{split}.jsonl", shared)
        write(work.folder / f"fusedchat-{split}.jsonl", (chats[corpus_id(each)] for each in shared))
        facts["dialogues"][split] = len(shared)
    for variant in VARIANTS:
        splits = {name: read(work.folder / f"{source_of(variant)}-{split}.jsonl") for split, name in _names()}
        written = write_simpletod(work.folder / "lm_data", splits, variant, markers=markers)
        facts["examples"][variant] = written.examples
    return facts


def source_of(variant: str) -> str:
    """The file that a variant is rendered from."""
    return "fusedchat" if variant == "fusedchat" else "interference"


def _names() -> list[tuple[str, str]]:
    """Our names of the splits, and the published ones."""
    return [("train", "train"), ("val", "valid"), ("test", "test")]
