"""One big JSON object or list, read and written element by element in constant memory.

for key, dialogue in read_object("data.json"): ...
write_object("out.json.zst", pairs)
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import ijson
import msgspec
import zstandard

from duologue.dialogue import open_bytes, writing
from duologue.errors import InputError

_KIND = {b"{": "an object", b"[": "a list"}
_BUFFER = 1 << 18


def read_object(path: str | Path) -> Iterator[tuple[str, Any]]:
    """Stream the (key, value) pairs of a file that holds one JSON object.

    Raises:
        InputError: the file is missing, broken, not UTF-8 or not an object; says after which key.
    """
    with open_bytes(path) as raw:
        source = _starting_with(b"{", raw, path)
        with _telling(path) as place:
            for key, value in ijson.kvitems(source, "", use_float=True, buf_size=_BUFFER):
                place[:] = [f"after {key!r}"]
                yield key, value


def read_list(path: str | Path) -> Iterator[Any]:
    """Stream the elements of a file that holds one JSON list.

    Raises:
        InputError: the file is missing, broken, not UTF-8 or not a list; says after which element.
    """
    with open_bytes(path) as raw:
        source = _starting_with(b"[", raw, path)
        with _telling(path) as place:
            for number, value in enumerate(ijson.items(source, "item", use_float=True, buf_size=_BUFFER), start=1):
                place[:] = [f"after element {number}"]
                yield value


def read_under(path: str | Path, name: str) -> Iterator[Any]:
    """Stream the elements of the list that a JSON object holds under a name.

    Raises:
        InputError: the file is missing, broken, not UTF-8 or not an object (says after which element), or has no such
            list.
    """
    with open_bytes(path) as raw:
        source = _starting_with(b"{", raw, path)
        is_there = False
        with _telling(path) as place:

            def events() -> Iterator[tuple[str, str, Any]]:
                nonlocal is_there
                for prefix, event, value in ijson.parse(source, use_float=True, buf_size=_BUFFER):
                    is_there |= prefix == name and event == "start_array"
                    yield prefix, event, value

            for number, value in enumerate(ijson.items(events(), f"{name}.item"), start=1):
                place[:] = [f"after element {number}"]
                yield value
        if not is_there:
            raise InputError(f"it has no list under '{name}'", where=str(path), mend="check file and format")


def read_beside(path: str | Path, name: str) -> dict[str, Any]:
    """The pairs of a JSON object but for the one of this name, whose value may be of any size.

    Raises:
        InputError: the file is missing, broken, not UTF-8 or not an object.
    """
    found: dict[str, Any] = {}
    key, builder = "", ijson.ObjectBuilder()
    with open_bytes(path) as raw:
        source = _starting_with(b"{", raw, path)
        with _telling(path):
            for prefix, event, value in ijson.parse(source, use_float=True, buf_size=_BUFFER):
                if not prefix and event == "map_key":
                    key, builder = value, ijson.ObjectBuilder()
                elif prefix and key != name:
                    builder.event(event, value)
                    found[key] = builder.value
    return found


def first_byte(path: str | Path) -> bytes:
    """The first byte of a file that is no white space: `{` or `[` for JSON; empty for an empty file."""
    with open_bytes(path) as raw, _telling(path):
        return _head(raw).lstrip()[:1]


def write_object(path: str | Path, pairs: Iterable[tuple[str, Any]]) -> int:
    """Write (key, value) pairs as one JSON object, one pair a line; the file appears when it is whole.

    Returns:
        The number of pairs.
    """
    encode = msgspec.json.Encoder().encode
    count = 0
    with writing(path) as out:
        out.write(b"{")
        for key, value in pairs:
            out.write((b",\n" if count else b"\n") + encode(key) + b":" + encode(value))
            count += 1
        out.write(b"\n}\n")
    return count


def write_list(path: str | Path, values: Iterable[Any]) -> int:
    """Write values as one JSON list, one value a line; the file appears when it is whole. Returns their number."""
    with writing(path) as out:
        count = _write_values(out, values)
        out.write(b"\n")
    return count


def write_under(path: str | Path, name: str, values: Iterable[Any], beside: Mapping[str, Any]) -> int:
    """Write a JSON object of the pairs `beside` and, under a name, a list of values, one a line; returns their number.

    `beside` is looked at after the last value, so that it may be filled meanwhile; its pairs stand after the list.
    """
    encode = msgspec.json.Encoder().encode
    with writing(path) as out:
        out.write(b"{" + encode(name) + b":")
        count = _write_values(out, values)
        for key, value in beside.items():
            out.write(b",\n" + encode(key) + b":" + encode(value))
        out.write(b"}\n")
    return count


def _write_values(out: IO[bytes], values: Iterable[Any]) -> int:
    encode = msgspec.json.Encoder().encode
    count = 0
    out.write(b"[")
    for value in values:
        out.write((b",\n" if count else b"\n") + encode(value))
        count += 1
    out.write(b"\n]")
    return count


class _Rejoined:
    """A stream whose first bytes were looked at already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not size or not self._head:
            return self._rest.read(size) if size else b""
        head, self._head = self._head, b""
        return head


def _head(raw: IO[bytes]) -> bytes:
    """The beginning of a stream without a byte order mark, at least up to its first character."""
    head = raw.read(_BUFFER).removeprefix(b"\xef\xbb\xbf")
    while not head.strip():
        more = raw.read(_BUFFER)
        if not more:
            break
        head += more
    return head


def _starting_with(first: bytes, raw: IO[bytes], path: str | Path) -> _Rejoined:
    with _telling(path):
        head = _head(raw)
    found = head.lstrip()[:1]
    if found != first:
        what = "is empty" if not found else f"is {_KIND.get(found, 'no JSON object or list')}"
        raise InputError(
            f"expected JSON that is {_KIND[first]}; the file {what}", where=str(path), mend="check file and format"
        )
    return _Rejoined(head, raw)


@contextmanager
def _telling(path: str | Path) -> Iterator[list[str]]:
    """Turn what a broken file raises into one line; the list holds the place that was reached."""
    place = ["at the beginning"]
    try:
        yield place
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error.reason}) {place[0]}", where=str(path), mend="save it as UTF-8") from None
    except ijson.JSONError as error:
        text = " ".join(str(part) for part in error.args[:1]) or type(error).__name__
        if "UTF" in text:
            raise InputError(f"not UTF-8 {place[0]}", where=str(path), mend="save it as UTF-8") from None
        first_line = text.strip().splitlines()[0] if text.strip() else "broken"
        raise InputError(
            f"broken JSON {place[0]} ({first_line})", where=str(path), mend="fetch or write it again"
        ) from None
    except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise InputError(
            f"the packed file is broken {place[0]} ({error})", where=str(path), mend="fetch it again"
        ) from None
