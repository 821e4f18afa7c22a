"""Under which id a derived dialogue is written in a native file: its corpus parent's (DESIGN §2).

Native formats know a dialogue by its id, so two children of one parent cannot both stand in a file: choose one draw, or
give every child its own id.

    for id, dialogue in native_ids(dialogues, draw=0): ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from duologue.dialogue import Dialogue, parent_id
from duologue.errors import InputError

_HASHES = re.compile(r"(~[0-9a-f]{8})+$")


def corpus_id(dialogue: Dialogue) -> str:
    """The id of the corpus dialogue at the root of a dialogue's lineage; its own where it was read from a corpus."""
    return dialogue.id if dialogue.origin is None else _HASHES.sub("", parent_id(dialogue))


def native_ids(
    dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False
) -> Iterator[tuple[str, Dialogue]]:
    """Yield each dialogue with the id under which it is written.

    Args:
        dialogues: originals and derived ones.
        draw: write only this draw of what an operator made; originals are written all the same.
        suffix_ids: write derived dialogues under their own ids (the parent's and a short hash).

    Raises:
        InputError: two dialogues would be written under one id.
    """
    met: dict[str, str] = {}
    for dialogue in dialogues:
        if draw is not None and dialogue.origin is not None and dialogue.origin.draw != draw:
            continue
        native_id = dialogue.id if suffix_ids else corpus_id(dialogue)
        if native_id in met:
            raise InputError(
                f"two dialogues would be written under the id {native_id}: {met[native_id]} and {dialogue.id}",
                mend="choose one with --draw N, or write each under its own id with --suffix-ids",
            )
        met[native_id] = dialogue.id
        yield native_id, dialogue
