"""A folder of `dialogues_NNN.json` files, each a JSON list of dialogues: the layout of MultiWOZ 2.2 and of SGD.

The files lie in the folder itself or, one folder a split, right below it. A dialogue remembers the file that it came
from and is written back into a file of that name.

    for file in dialogue_files(Path("dev"), "SGD"): ...
    with writing_files(Path("copy"), per_file=128) as files: files.add("dialogues_001.json", b"{}")
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from duologue.dialogue import writing
from duologue.errors import InputError

_PATTERNS = ("dialogues_*.json", "dialogues_*.json.gz", "dialogues_*.json.zst")
_REMEMBERED = re.compile(r"(?:(?!\.\.?/)[^/]+/)?dialogues_[^/]*")


def dialogue_files(path: Path, corpus: str) -> list[Path]:
    """The files with dialogues below a folder, in order; the path itself where it is a file.

    Args:
        path: the folder or file.
        corpus: its name, for the message.

    Raises:
        InputError: there is none.
    """
    if path.is_file():
        return [path]
    files = [file for name in _PATTERNS for file in (*path.glob(name), *path.glob(f"*/{name}"))]
    if not files:
        raise InputError(
            "no dialogues_NNN.json here or one folder below" if path.is_dir() else "no such file or folder",
            where=str(path),
            mend=f"give the folder of {corpus} or one file of it",
        )
    return sorted(files)


@contextmanager
def writing_files(folder: Path, per_file: int) -> Iterator[FolderWriter]:
    """Write the files of a folder; they appear when all are whole, at the end.

    Args:
        folder: made where it is not there.
        per_file: how many dialogues without a file of their own come into one file.
    """
    with ExitStack() as stack:
        writer = FolderWriter(folder, per_file, stack)
        yield writer
        writer.end()


class FolderWriter:
    """The files of a folder while they are written: see `writing_files`."""

    def __init__(self, folder: Path, per_file: int, stack: ExitStack) -> None:
        self._folder = folder
        self._per_file = per_file
        self._stack = stack
        self._files: dict[str, Elements] = {}
        self._unnamed = 0

    def add(self, name: str | None, dialogue: bytes) -> None:
        """Add a dialogue to the file of this name; without one, to `dialogues_001.json` and so on.

        Raises:
            InputError: it is not the name of such a file in the folder or one folder below.
        """
        if name is None:
            name = f"dialogues_{self._unnamed // self._per_file + 1:03d}.json"
            self._unnamed += 1
        if name not in self._files:
            if not _REMEMBERED.fullmatch(name):
                raise InputError(
                    f"a dialogue names the file {name!r}", where=str(self._folder), mend="drop its native part"
                )
            self.open(name, b"[", b"]")
        self._files[name].add(dialogue)

    def open(self, name: str, first: bytes, last: bytes) -> Elements:
        """Begin a further list (or object) beside the dialogues."""
        out = self._stack.enter_context(writing(self._folder / name))
        self._files[name] = Elements(out, first, last)
        return self._files[name]

    def end(self) -> None:
        """Close every list."""
        for elements in self._files.values():
            elements.end()


class Elements:
    """A JSON list or object that grows in a file, one element a line."""

    def __init__(self, out: IO[bytes], first: bytes, last: bytes) -> None:
        self._out = out
        self._last = last
        self._before = b"\n"
        out.write(first)

    def add(self, element: bytes) -> None:
        """Add an element of a list, or `"key":value` of an object."""
        self._out.write(self._before + element)
        self._before = b",\n"

    def end(self) -> None:
        """Close the list."""
        self._out.write(b"\n" + self._last + b"\n")
