"""A JSONL file that is looked at in places: where each line begins is kept, the lines are not.

lines = Lines(path)
lines.at(range(40, 60)); lines.matching("refund", first=0, most=20)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

BROKEN = (ValueError, RecursionError)
"""What a line raises that is no JSON: msgspec's errors, bytes that are no UTF-8, brackets without end."""


class Hit(NamedTuple):
    """A line that was looked for, and its number."""

    number: int
    line: bytes


class Lines:
    """Where the lines of a file begin. A last line without an end counts where it is whole JSON, not half a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = array("Q", [0])
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n") and not _is_json(line):
                    break
                self._starts.append(self._starts[-1] + len(line))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def at(self, numbers: Iterable[int]) -> list[Hit]:
        """The lines of these numbers; those that are not there are left out."""
        found = []
        with self._path.open("rb") as file:
            for number in numbers:
                if 0 <= number < len(self):
                    file.seek(self._starts[number])
                    found.append(Hit(number, file.read(self._starts[number + 1] - self._starts[number])))
        return found

    def matching(self, text: str, *, first: int, most: int) -> list[Hit]:
        """The next lines, from number `first` on, that have a text, whatever its case."""
        wanted = text.casefold()
        found = []
        for hit in self._from(first):
            if wanted in readable(hit.line).casefold():
                found.append(hit)
                if len(found) == most:
                    break
        return found

    def _from(self, first: int) -> Iterator[Hit]:
        with self._path.open("rb") as file:
            if first < len(self):
                file.seek(self._starts[first])
            for number in range(first, len(self)):
                yield Hit(number, file.readline())


def readable(line: bytes) -> str:
    """What a line says: the texts in it, so that neither escapes nor keys stand between words.

    A line that is no JSON is itself.
    """
    try:
        return "\n".join(_texts(msgspec.json.decode(line)))
    except BROKEN:
        return line.decode("utf-8", "replace")


def excerpt(line: bytes, text: str, around: int = 70) -> str:
    """Where a line says a text, with some characters around it."""
    said = readable(line)
    at = said.casefold().find(text.casefold())
    first, last = max(at - around, 0), at + len(text) + around
    return ("… " if first else "") + said[first:last] + (" …" if last < len(said) else "")


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except BROKEN:
        return False
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
