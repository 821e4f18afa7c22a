"""MultiWOZ 2.2: a folder of `dialogues_NNN.json` files with `dialog_acts.json` and `schema.json`.

Reads the published layout (`train/`, `dev/`, `test/`), a flat folder, one split's folder (acts beside it or above), and
a single file that holds a list of dialogues. A dialogue remembers the file it came from and is written back into a file
of that name. 2.2 has no goals and no bookings; `multiwoz_convert` joins it with 2.1's.

    for dialogue in read("MultiWOZ_2.2"): ...
    for dialogue in read("MultiWOZ_2.2/dev"): ...
    write("copy", read("MultiWOZ_2.2"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.children import native_ids
from duologue.corpora.dialogue_files import dialogue_files, writing_files
from duologue.corpora.json_stream import read_list, read_object, write_list
from duologue.corpora.multiwoz.v22_codec import FORMAT, Native, dialogue_from_native, dialogue_to_native
from duologue.corpora.multiwoz.v22_schema import schema
from duologue.corpora.problems import OnProblem, decoded
from duologue.dialogue import Dialogue, writing

__all__ = ["CORPUS", "FORMAT", "read", "read_acts", "write"]

CORPUS = "MultiWOZ 2.2"
"""Its name in messages."""

_ACTS, _SCHEMA = "dialog_acts.json", "schema.json"
_PER_FILE = 512
_encode = msgspec.json.Encoder().encode


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a folder, or of one file with a list of dialogues.

    Args:
        path: the folder or file.
        on_problem: what to do with odd dialogues; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: nothing here can be used, or (without `on_problem`) a dialogue is odd.
    """
    folder = Path(path)
    acts = read_acts(folder)

    def natives() -> Iterator[tuple[str, Any]]:
        for file in dialogue_files(folder, CORPUS):
            name = str(file.relative_to(folder)) if file != folder else ""
            for native in read_list(file):
                yield name, native

    def decode(name: str, native: Any, tell: OnProblem) -> Dialogue:
        entry = acts.get(native["dialogue_id"]) if isinstance(native, dict) and "dialogue_id" in native else None
        dialogue = dialogue_from_native(Native(native, msgspec.json.decode(entry) if entry else None), tell)
        if name:
            dialogue.native.setdefault(FORMAT, {})["file"] = name
        return dialogue

    yield from decoded(path, natives(), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write dialogues as a folder, or as one list where the path ends in `.json` (then without acts).

    Args:
        path: the folder; files in it appear when all are whole.
        dialogues: each goes into the file it came from, others into `dialogues_001.json` and so on, 512 in each.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.

    Returns:
        How many were written.
    """
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    if str(path).removesuffix(".gz").removesuffix(".zst").endswith(".json"):
        return write_list(path, (dialogue_to_native(dialogue, native_id).dialogue for native_id, dialogue in pairs))
    folder = Path(path)
    count = 0
    with writing_files(folder, _PER_FILE) as files:
        acts = files.open(_ACTS, b"{", b"}")
        for native_id, dialogue in pairs:
            native = dialogue_to_native(dialogue, native_id)
            files.add(dialogue.native.get(FORMAT, {}).get("file"), _encode(native.dialogue))
            if native.acts is not None:
                acts.add(_encode(native.dialogue["dialogue_id"]) + b":" + _encode(native.acts))
            count += 1
    with writing(folder / _SCHEMA) as out:
        out.write(msgspec.json.format(_encode(schema()), indent=2))
    return count


def read_acts(path: Path) -> dict[str, bytes]:
    """The acts by dialogue id, as JSON (a third of the memory of what it decodes to); empty where there are none."""
    for place in (path, path.parent) if path.is_dir() else (path.parent, path.parent.parent):
        if (place / _ACTS).is_file():
            return {key: _encode(acts) for key, acts in read_object(place / _ACTS)}
    return {}
