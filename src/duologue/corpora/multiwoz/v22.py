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
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_list, read_object, write_list
from duologue.corpora.multiwoz.v22_codec import FORMAT, Native, dialogue_from_native, dialogue_to_native
from duologue.corpora.multiwoz.v22_schema import schema
from duologue.corpora.problems import OnProblem, decoded
from duologue.dialogue import Dialogue, writing
from duologue.errors import InputError

__all__ = ["FORMAT", "dialogue_files", "read", "read_acts", "write"]

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
        for file in dialogue_files(folder):
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
    count = unnamed = 0
    with ExitStack() as stack:
        files: dict[str, _Elements] = {}
        acts = _Elements(stack.enter_context(writing(folder / _ACTS)), b"{", b"}")
        for native_id, dialogue in pairs:
            name = dialogue.native.get(FORMAT, {}).get("file")
            if name is None:
                name = f"dialogues_{unnamed // _PER_FILE + 1:03d}.json"
                unnamed += 1
            if name not in files:
                files[name] = _Elements(stack.enter_context(writing(_below(folder, name))), b"[", b"]")
            native = dialogue_to_native(dialogue, native_id)
            files[name].add(_encode(native.dialogue))
            if native.acts is not None:
                acts.add(_encode(native.dialogue["dialogue_id"]) + b":" + _encode(native.acts))
            count += 1
        for elements in (acts, *files.values()):
            elements.end()
    with writing(folder / _SCHEMA) as out:
        out.write(msgspec.json.format(_encode(schema()), indent=2))
    return count


def dialogue_files(path: Path) -> list[Path]:
    """The files with dialogues below a folder, in order; the path itself where it is a file.

    Raises:
        InputError: there is none.
    """
    if path.is_file():
        return [path]
    names = ("dialogues_*.json", "dialogues_*.json.gz", "dialogues_*.json.zst")
    files = [file for name in names for file in (*path.glob(name), *path.glob(f"*/{name}"))]
    if not files:
        raise InputError(
            "no dialogues_NNN.json here or one folder below" if path.is_dir() else "no such file or folder",
            where=str(path),
            mend="give the folder of MultiWOZ 2.2 or one file of it",
        )
    return sorted(files)


def read_acts(path: Path) -> dict[str, bytes]:
    """The acts by dialogue id, as JSON (a third of the memory of what it decodes to); empty where there are none."""
    for place in (path, path.parent) if path.is_dir() else (path.parent, path.parent.parent):
        if (place / _ACTS).is_file():
            return {key: _encode(acts) for key, acts in read_object(place / _ACTS)}
    return {}


class _Elements:
    """A JSON list or object that grows in a file, one element a line."""

    def __init__(self, out: IO[bytes], first: bytes, last: bytes) -> None:
        self._out = out
        self._last = last
        self._before = b"\n"
        out.write(first)

    def add(self, element: bytes) -> None:
        self._out.write(self._before + element)
        self._before = b",\n"

    def end(self) -> None:
        self._out.write(b"\n" + self._last + b"\n")


def _below(folder: Path, name: str) -> Path:
    """A file that a dialogue remembers, below the folder and nowhere else."""
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts or len(parts) > 2:
        raise InputError(f"a dialogue names the file {name!r}", where=str(folder), mend="drop its native part")
    return folder / name
