"""Rows of JSON, in JSONL or in one JSON array, each with the place to name in an error: how chat files come.

The first character tells which of the two a file is; writers go by its name (`.json` gets an array).

    for row in read_rows("chats.jsonl"): print(row.where, row.value)
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import zstandard

from duologue.corpora.json_stream import first_byte, read_list, write_list
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Problem, open_bytes, write_rows
from duologue.errors import InputError


class RawRow(NamedTuple):
    """A row by field, a default id for its dialogue, its place for messages to the user, how many fields it had."""

    value: dict[str, Any]
    id: str
    where: str
    fields: int | None = None


def read_dialogues(
    path: str | Path, decode: Callable[[RawRow], Dialogue], on_problem: OnProblem | None = None
) -> Iterator[Dialogue]:
    """Decode every row; tell `on_problem` of rows that `decode` refuses and leave them out (see `corpora`).

    Raises:
        InputError: the file is unusable, or a row is and there is no `on_problem`.
    """
    yield from decode_rows(path, read_rows(path), decode, on_problem)


def decode_rows(
    path: str | Path,
    rows: Iterable[RawRow],
    decode: Callable[[RawRow], Dialogue],
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Decode rows that were read from a file already; bad ones as in `read_dialogues`."""
    for row in rows:
        try:
            dialogue = decode(row)
        except InputError as error:
            if on_problem is None:
                raise
            place = error.where.removeprefix(f"{path}, ")
            on_problem(Problem(row.id, place, f"{error.what}; left out"))
            continue
        yield dialogue


def read_rows(path: str | Path) -> Iterator[RawRow]:
    """Stream the objects of a JSONL file or of one JSON array.

    Raises:
        InputError: not JSON, not UTF-8, cut off, or a row that is not an object; names file and line (or row).
    """
    array = first_byte(path) == b"["
    rows = enumerate(read_list(path), start=1) if array else _lines(path)
    for number, value in rows:
        where = f"{path}, {'row' if array else 'line'} {number}"
        if not isinstance(value, dict):
            raise InputError(
                f"expected a JSON object, found {type(value).__name__}", where=where, mend="one object a line"
            )
        yield RawRow(value, default_id(path, number), where)


def default_id(path: str | Path, number: int) -> str:
    """The id of the row `number` of a file whose rows have none: `chats-000017`."""
    stem = str(path).rsplit("/", 1)[-1].split(".", 1)[0] or "row"
    return f"{stem}-{number:06d}"


def write_raw(path: str | Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows as one JSON array where the name ends in `.json` (or `.json.gz`, …), as JSONL otherwise."""
    array = str(path).removesuffix(".gz").removesuffix(".zst").endswith(".json")
    return write_list(path, rows) if array else write_rows(path, rows)


def _lines(path: str | Path) -> Iterator[tuple[int, Any]]:
    number = 0
    with open_bytes(path) as source:
        try:
            for line in source:
                number += 1
                line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if line.strip():
                    yield number, msgspec.json.decode(line)
        except (UnicodeDecodeError, msgspec.DecodeError) as error:
            what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not JSON"
            mend = "save it as UTF-8" if isinstance(error, UnicodeDecodeError) else "mend or delete the line"
            raise InputError(f"{what} ({error})", where=f"{path}, line {number}", mend=mend) from None
        except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise InputError(
                f"the packed file is broken after line {number} ({error})", where=str(path), mend="fetch it again"
            ) from None
