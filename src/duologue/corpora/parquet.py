"""Rows of a Parquet file, read and written in batches; needs the extra `data` (pyarrow).

for row in read_parquet("seeds.parquet"): ...
write_parquet("copy.parquet", rows)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from duologue.dialogue import open_bytes, writing
from duologue.errors import InputError, MissingExtra

_BATCH = 64
_INFERRED_FROM = 4096


def read_parquet(path: str | Path, batch: int = _BATCH) -> Iterator[dict[str, Any]]:
    """Stream the rows of a file, `batch` of them in memory.

    Raises:
        InputError: no Parquet file.
        MissingExtra: pyarrow is not installed.
    """
    with _opened(path) as file:
        for rows in file.iter_batches(batch_size=batch):
            yield from rows.to_pylist()


def parquet_columns(path: str | Path) -> list[str]:
    """The names of a file's columns, in order.

    Raises:
        InputError: no Parquet file.
        MissingExtra: pyarrow is not installed.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    """A `pyarrow.parquet.ParquetFile`; what pyarrow cannot read is an `InputError`."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingExtra("data", "reading Parquet") from None
    with open_bytes(path) as raw:
        try:
            yield parquet.ParquetFile(raw)
        except (ArrowException, OSError) as error:  # pyarrow says OSError of a damaged page
            raise InputError(f"no Parquet file ({error})", where=str(path), mend="fetch it again") from None


def write_parquet(path: str | Path, rows: Iterable[dict[str, Any]], schema: Any = None, batch: int = _BATCH) -> int:
    """Write rows; the file appears when it is whole. Returns the number of rows.

    Args:
        path: the file.
        rows: all with the columns of the schema; what a row lacks is null.
        schema: a pyarrow schema; None goes by the first 4,096 rows, where a column of nulls counts as text.
        batch: rows in a row group.

    Raises:
        InputError: a row does not fit the schema.
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra("data", "writing Parquet") from None
    source, count = iter(rows), 0
    try:
        if schema is None:
            first = list(islice(source, _INFERRED_FROM))
            schema, source = _schema(pyarrow, first), chain(first, source)
        with writing(path) as out, parquet.ParquetWriter(out, schema) as writer:
            while part := list(islice(source, batch)):
                _know_all(part, schema.names, path)
                writer.write_table(pyarrow.Table.from_pylist(part, schema=schema))
                count += len(part)
    except (pyarrow.ArrowException, OverflowError) as error:
        what = f"row {count + 1} or one soon after does not fit the columns ({error})"
        raise InputError(what, where=str(path), mend="write JSONL") from None
    return count


def _know_all(rows: list[dict[str, Any]], names: list[str], path: str | Path) -> None:
    """Pyarrow would leave columns out that the schema has not."""
    for row in rows:
        if unknown := [name for name in row if name not in names]:
            what = f"column '{unknown[0]}' is not among those of the first rows ({', '.join(names)})"
            raise InputError(what, where=str(path), mend="write JSONL")


def _schema(pa: Any, rows: list[dict[str, Any]]) -> Any:
    """The columns that rows have, in the order in which they come up."""
    names = dict.fromkeys(name for row in rows for name in row)
    arrays = {name: pa.array([row.get(name) for row in rows]) for name in names}
    kinds = {name: pa.string() if pa.types.is_null(array.type) else array.type for name, array in arrays.items()}
    return pa.schema(kinds)
