"""Files of single messages, by suffix: TSV, CSV, JSONL, a JSON array, Parquet, or plain text with one message a line.

table = read_table("seeds.tsv.gz")
table.columns           # ["tweet_id", "tweet"]; None where every row names its own (JSONL)
write_table("seeds.csv", (row.value for row in table.rows))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.chat_formats.rows import RawRow, default_id, read_rows, write_raw
from duologue.corpora.delimited import Record, records, write_delimited
from duologue.corpora.parquet import parquet_columns, read_parquet, write_parquet
from duologue.corpora.text_lines import text_lines
from duologue.dialogue import writing
from duologue.errors import InputError

SEPARATORS = {".tsv": "\t", ".tab": "\t", ".csv": ","}
JSON = (".jsonl", ".ndjson", ".json")
TEXT, PARQUET = ".txt", ".parquet"
MESSAGE = "text"
"""The column in which the lines of a plain text file come."""


class Table(NamedTuple):
    """Rows and the columns that all of them have; None where each has its own."""

    columns: list[str] | None
    rows: Iterator[RawRow]


def suffix(path: str | Path) -> str:
    """The suffix that tells what a file is, packed or not: `.tsv` for `seeds.tsv.gz`.

    Raises:
        InputError: nothing is known about files of this name.
    """
    name = str(path).lower()
    bare = name.removesuffix(".gz").removesuffix(".zst")
    found = next((end for end in (*SEPARATORS, *JSON, TEXT) if bare.endswith(end)), "")
    if found or name.endswith(PARQUET):
        return found or PARQUET
    known = ", ".join((*SEPARATORS, *JSON, TEXT))
    mend = f"name it {known} (also .gz, .zst) or {PARQUET}"
    raise InputError("the name does not tell what kind of file this is", where=str(path), mend=mend)


def read_table(path: str | Path, *, columns: Sequence[str] | None = None, quoted: bool = True) -> Table:
    """Open a file of messages.

    Args:
        path: the file.
        columns: the names of the fields of a TSV or CSV file without a header.
        quoted: whether double quotes mean anything in a TSV or CSV file.

    Raises:
        InputError: the file cannot be used.
        MissingExtra: Parquet without pyarrow.
    """
    kind = suffix(path)
    if kind in SEPARATORS:
        return _delimited(path, SEPARATORS[kind], columns, quoted)
    if columns is not None or not quoted:
        option = "columns" if columns is not None else "quoted"
        raise InputError(f"{option} is for .tsv and .csv", where=str(path), mend="leave it out")
    if kind in JSON:
        return Table(None, read_rows(path))
    if kind == PARQUET:
        names = parquet_columns(path)
        return Table(names, (_row(path, "row", n, row) for n, row in enumerate(read_parquet(path), start=1)))
    lines = ((number, line.removesuffix("\n").removesuffix("\r")) for number, line in text_lines(path))
    return Table([MESSAGE], (_row(path, "line", number, {MESSAGE: line}) for number, line in lines))


def write_table(path: str | Path, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> int:
    """Write rows (to plain text: texts, under `MESSAGE`) in the file's kind and return how many.

    Args:
        path: the file, which appears when it is whole.
        rows: by column.
        columns: the header of a file without rows.

    Raises:
        InputError: a row does not fit a file of this kind.
        MissingExtra: Parquet without pyarrow.
    """
    kind = suffix(path)
    if kind in SEPARATORS:
        return write_delimited(path, rows, SEPARATORS[kind], columns)
    if kind in JSON:
        return write_raw(path, rows)
    if kind == PARQUET:
        return write_parquet(path, rows)
    count = 0
    with writing(path) as out:
        for count, row in enumerate(rows, start=1):
            message = row[MESSAGE]
            if "\n" in message or "\r" in message:
                mend = "write TSV, CSV, JSONL or Parquet"
                raise InputError("the message has a line break", where=f"{path}, line {count}", mend=mend)
            out.write(f"{message}\n".encode())
    return count


def _delimited(path: str | Path, separator: str, columns: Sequence[str] | None, quoted: bool) -> Table:
    rows = records(path, separator, quoted=quoted)
    first = next(rows, None)
    if first is None:
        raise InputError("is empty", where=str(path), mend="check the path")
    names, where = first.fields, f"{path}, line {first.line}"
    if columns is not None and names == list(columns):
        raise InputError("the first row is a header", where=where, mend="leave columns out")
    if columns is not None:
        names, rows = list(columns), chain([first], rows)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two columns are called '{twice}'", where=where, mend="give each a name of its own")
    return Table(names, (_named(path, names, record) for record in rows))


def _named(path: str | Path, names: list[str], record: Record) -> RawRow:
    row = _row(path, "line", record.line, dict(zip(names, record.fields, strict=False)))
    return row._replace(fields=len(record.fields))


def _row(path: str | Path, unit: str, number: int, value: dict[str, Any]) -> RawRow:
    return RawRow(value, default_id(path, number), f"{path}, {unit} {number}")
