"""MultiWOZ 2.1: one JSON object of `{goal, log}` by dialogue id; read and written as a stream.

Reads the published `data.json`, ConvLab's tokenised copy, and the 2.1 layout converted from 2.2 (`multiwoz_layout`);
each is written back as it was. A dialogue's state lies on its user turns: 2.1 keeps it in the metadata of the system
turn that follows. Insertions are written as part of the text (the interference format keeps them apart).

    for dialogue in read("val.json"): print(dialogue.id, dialogue.turns[0].state)
    write("copy.json", read("val.json"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_object, write_object
from duologue.corpora.multiwoz.layout import Layout, layout_named
from duologue.corpora.multiwoz.v21_decode import dialogue_from_native
from duologue.corpora.multiwoz.v21_encode import FORMAT, dialogue_to_native, layout_of
from duologue.corpora.problems import OnProblem, decoded
from duologue.dialogue import Dialogue

__all__ = ["FORMAT", "dialogue_from_native", "dialogue_to_native", "layout_of", "read", "write"]


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a MultiWOZ 2.1 file.

    Args:
        path: plain, `.gz` or `.zst`, local or on any fsspec file system.
        on_problem: what to do with odd dialogues; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: the file cannot be used, or (without `on_problem`) a dialogue in it is odd.
    """
    yield from decoded(path, read_object(path), dialogue_from_native, on_problem)


def write(
    path: str | Path,
    dialogues: Iterable[Dialogue],
    *,
    draw: int | None = None,
    suffix_ids: bool = False,
    layout: Layout | str | None = None,
) -> int:
    """Write dialogues as one MultiWOZ 2.1 file and return how many.

    Args:
        path: plain, `.gz` or `.zst`; it appears when it is whole.
        dialogues: from any corpus whose turns alternate between user and system.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.
        layout: write all dialogues in this layout (`published`, `converted`, or one of your own); None writes each as
            it was read (published 2.1 where it comes from elsewhere).

    Raises:
        InputError: two dialogues have one native id, a dialogue does not fit the format, or there is no such layout.
    """
    asked = layout_named(layout) if isinstance(layout, str) else layout

    def pairs() -> Iterator[tuple[str, Any]]:
        for native_id, dialogue in native_ids(dialogues, draw=draw, suffix_ids=suffix_ids):
            chosen = asked or layout_of(dialogue)
            yield native_id + chosen.suffix, dialogue_to_native(dialogue, chosen)

    return write_object(path, pairs())
