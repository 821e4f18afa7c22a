"""A database of the corpus: where its file is, what its tables are, and what a query gives there.

    database = open_database(Path("spider/database"), "pets_1")
    database.schema, database.values(column), database.run("SELECT count(*) FROM pets")

People's names for tables and columns come from Spider's `tables.json`, which lies beside the folder or in it; without
it the identifiers' own words do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.sqlite_files import read_only
from duologue.errors import InputError
from duologue.measures.sql_execution import Failed, Limits, Rows, run
from duologue.operators.ambiguity.element import Value
from duologue.operators.ambiguity.schema import Column, Schema, Table, table_of

_ENDINGS = (".sqlite", ".db", ".sqlite3")
_MOST_VALUES = 200
_LIMITS = Limits(seconds=5, rows=10_000)


class Database:
    """A database file, read only."""

    def __init__(self, path: Path, names: Mapping[str, Any]) -> None:
        """Take a file, and the entry of `tables.json` about it (empty where there is none)."""
        self.path = path
        self._names = names

    @cached_property
    def schema(self) -> Schema:
        """Its tables, as it declares them.

        Raises:
            InputError: it cannot be read.
        """
        return Schema(_tables(self.path, self._names))

    @cached_property
    def ddl(self) -> str:
        """Its CREATE statements."""
        with read_only(self.path) as connection:
            rows = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            return "\n".join(" ".join(str(sql).split()) for (sql,) in rows)

    def values(self, column: Column) -> list[Value]:
        """Up to 200 different values of a column, sorted as SQLite does."""
        name, table = (f'"{each}"' for each in (column.name, column.table))
        found = self.run(
            f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {_MOST_VALUES}"
        )
        return [] if isinstance(found, Failed) else [value for (value,) in found.rows if value not in ("", b"")]

    def run(self, sql: str) -> Rows | Failed:
        """What a query gives."""
        return run(sql, self.path, _LIMITS)


@cache
def open_database(folder: Path, name: str) -> Database | None:
    """The database of this name in a folder: `NAME/NAME.sqlite` or `NAME.sqlite`; None where there is none."""
    for ending in _ENDINGS:
        for path in (folder / name / f"{name}{ending}", folder / f"{name}{ending}"):
            if path.is_file():
                return Database(path, _spoken_names(folder).get(name, {}))
    return None


@cache
def names_of_databases(folder: Path) -> tuple[str, ...]:
    """The databases in a folder, by name.

    Raises:
        InputError: there is no such folder, or there is none in it.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), mend="name the folder of the SQLite databases")
    names = {path.stem for ending in _ENDINGS for path in folder.glob(f"**/*{ending}")}
    found = tuple(sorted(name for name in names if open_database(folder, name)))
    if not found:
        mend = "it must hold NAME/NAME.sqlite or NAME.sqlite"
        raise InputError("holds no database", where=str(folder), mend=mend)
    return found


@cache
def _spoken_names(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The entries of `tables.json` by database."""
    for path in (folder / "tables.json", folder.parent / "tables.json"):
        if path.is_file():
            try:
                entries = msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
                return {entry["db_id"]: entry for entry in entries}
            except (msgspec.DecodeError, KeyError) as error:
                raise InputError(f"no Spider schemas ({error})", where=str(path), mend="mend it or move it") from None
    return {}


def _tables(path: Path, names: Mapping[str, Any]) -> tuple[Table, ...]:
    said = dict(zip(map(str.lower, names.get("table_names_original", [])), names.get("table_names", []), strict=False))
    spoken: dict[str, dict[str, str]] = {}
    originals = names.get("column_names_original", [])
    for (number, original), (_, name) in zip(originals, names.get("column_names", []), strict=False):
        if number >= 0:
            spoken.setdefault(names["table_names_original"][number].lower(), {})[original.lower()] = name
    with read_only(path) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        tables = [name for (name,) in connection.execute(query)]
        keys = {table: connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,)) for table in tables}
        foreign = {table: {str(row[3]).lower() for row in rows} for table, rows in keys.items()}
        declared = {
            table: [
                (name, kind, bool(primary) or name.lower() in foreign[table])
                for _, name, kind, _, _, primary in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))
            ]
            for table in tables
        }
    return tuple(
        table_of(table, columns, said=said.get(table.lower()), names=spoken.get(table.lower()))
        for table, columns in declared.items()
    )
