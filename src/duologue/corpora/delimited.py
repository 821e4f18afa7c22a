r"""Tab- and comma-separated files: named fields in, named fields out, every row with the line where it begins.

Quoting is that of spreadsheets and pandas: a field in double quotes may hold separators, line breaks and doubled
quotes. A quote that is neither doubled nor at a field's end is an error, never a guess; files in which quotes mean
nothing are read with `quoted=False`.

    for line, fields in records("seeds.tsv", "\t"): ...
    write_delimited("copy.csv", rows, ",", ["id", "text"])
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.corpora.text_lines import text_lines
from duologue.dialogue import writing
from duologue.errors import InputError


class Record(NamedTuple):
    """The fields of one row, and the line on which it begins."""

    line: int
    fields: list[str]


def records(path: str | Path, separator: str, *, quoted: bool = True) -> Iterator[Record]:
    """Stream the rows of a file, its header too; empty lines are passed over.

    Raises:
        InputError: no such file, not UTF-8, or quotes that do not fit; names the line.
    """
    lines = (line for _, line in text_lines(path))
    rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    while True:
        begins = rows.line_num + 1
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            mend = "double the quotes inside a quoted field, or say --no-quoted where quotes mean nothing"
            what = str(error).replace("\t", "tab")
            raise InputError(f"broken row ({what})", where=f"{path}, line {begins}", mend=mend) from None
        if fields:
            yield Record(begins, fields)


def write_delimited(path: str | Path, rows: Iterable[dict[str, Any]], separator: str, columns: Iterable[str]) -> int:
    """Write a header and rows; the file appears when it is whole. Returns the number of rows.

    Args:
        path: the file.
        rows: by column; a missing or null value is an empty field, what is no text is written as JSON.
        separator: between fields.
        columns: the header where there is no row; else the columns of the first row are.

    Raises:
        InputError: a row has a column that the first has not.
    """
    count, names = 0, list(columns)
    with writing(path) as out:
        for row in rows:
            if not count:
                names = list(row)
                out.write(_line(names, separator))
            if unknown := [name for name in row if name not in names]:
                what = f"column '{unknown[0]}' is not among those of the first row ({', '.join(names)})"
                raise InputError(what, where=f"{path}, row {count + 1}", mend="write JSONL")
            out.write(_line([_cell(row.get(name)) for name in names], separator))
            count += 1
        if not count:
            out.write(_line(names, separator))
    return count


class _Last:
    """Keeps the row that a csv writer formats."""

    row = ""

    def write(self, row: str) -> None:
        self.row = row


def _line(fields: list[str], separator: str) -> bytes:
    # The writer quotes a field that holds a character of its line ending: both kinds are named, one is written.
    last = _Last()
    csv.writer(last, delimiter=separator, lineterminator="\r\n").writerow(fields)
    return (last.row.removesuffix("\r\n") + "\n").encode()


def _cell(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
