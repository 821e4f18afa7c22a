"""A database of the corpus: how people call what is in it, and what a query gives there.

    database = open_database(Path("spider"), "pets_1")
    database.schema, database.values(column), database.run("SELECT count(*) FROM pets")

People's names for tables and columns come from Spider's `tables.json`; without it the identifiers' own words do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from duologue.corpora import database_schema
from duologue.corpora.database_schema import quoted
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.errors import InputError
from duologue.measures.sql_execution import Failed, Limits, Rows, run
from duologue.operators.ambiguity.element import Value
from duologue.operators.ambiguity.schema import Column, Schema, table_of

_MOST_VALUES = 200
_LIMITS = Limits(seconds=5, rows=10_000)


class Database:
    """A database file, read only."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Take a file and what is known about it."""
        self.schema = schema
        self._path = path

    def values(self, column: Column) -> list[Value]:
        """Up to 200 different values of a column, sorted as SQLite does."""
        name = quoted(column.name)
        rows = f"SELECT DISTINCT {name} FROM {quoted(column.table)} WHERE {name} IS NOT NULL"
        found = self.run(f"{rows} ORDER BY 1 LIMIT {_MOST_VALUES}")
        return [] if isinstance(found, Failed) else [value for (value,) in found.rows if value not in ("", b"")]

    def run(self, sql: str) -> Rows | Failed:
        """What a query gives."""
        return run(sql, self._path, _LIMITS)


@cache
def open_database(folder: Path, name: str) -> Database | None:
    """The database of this name; None where there is no file.

    Args:
        folder: Spider's, with `database/NAME/NAME.sqlite` and `tables.json`.
        name: the database's.

    Raises:
        InputError: the file cannot be read, or tables.json has another form.
    """
    databases = _databases(folder)
    declared = databases.schema(name) if databases.has(name) else None
    return Database(databases.file(name), _spoken(declared, databases.entry(name) or {})) if declared else None


@cache
def names_of_databases(folder: Path) -> tuple[str, ...]:
    """The databases in a folder, by name.

    Raises:
        InputError: there are none.
    """
    databases = _databases(folder)
    found = tuple(
        sorted(path.stem for path in databases.folder.glob("database/*/*.sqlite") if databases.has(path.stem))
    )
    if not found:
        mend = "name Spider's folder, which holds database/NAME/NAME.sqlite"
        raise InputError("holds no database", where=str(folder), mend=mend)
    return found


@cache
def _databases(folder: Path) -> SpiderDatabases:
    """What lies in a folder; that of the databases itself is taken for the one above it."""
    inside = folder.name == "database" and not (folder / "database").is_dir()
    return SpiderDatabases(folder.parent if inside else folder)


def _spoken(declared: database_schema.Schema, entry: Mapping[str, Any]) -> Schema:
    """A schema with the names that people use, by an entry of tables.json (empty where there is none)."""
    originals = [name.lower() for name in entry.get("table_names_original", [])]
    tables = dict(zip(originals, entry.get("table_names", []), strict=False))
    columns: dict[str, dict[str, str]] = {}
    for (owner, name), (_, said) in zip(
        entry.get("column_names_original", []), entry.get("column_names", []), strict=False
    ):
        if 0 <= owner < len(originals):
            columns.setdefault(originals[owner], {})[name.lower()] = said
    foreign = {(key.table.lower(), key.column.lower()) for key in declared.foreign_keys}
    return Schema(
        tuple(
            table_of(
                table.name,
                [
                    (name, kind, name in table.primary_key or (table.name.lower(), name.lower()) in foreign)
                    for name, kind in table.columns
                ],
                said=tables.get(table.name.lower()),
                names=columns.get(table.name.lower()),
            )
            for table in declared.tables
        )
    )
