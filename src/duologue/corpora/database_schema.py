"""The schema of a database: from its SQLite file or from Spider's tables.json, as CREATE TABLE statements and back.

    print(ddl(schema_of("pets_1.sqlite")))      # CREATE TABLE Pets (PetID INTEGER, PetType VARCHAR(20), …);

Statements are rendered the same way whatever the file was made with: one table a line, names quoted where they must
be, keys at the end.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.sqlite_files import read_only

_INTERNAL = "sqlite_"
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")
_SQL_TYPES = {"text": "TEXT", "number": "NUMERIC", "time": "DATETIME", "boolean": "BOOLEAN"}
_KINDS = (("BOOL", "boolean"), ("DATE", "time"), ("TIME", "time"), ("CHAR", "text"), ("TEXT", "text"), ("CLOB", "text"))


class Column(NamedTuple):
    """A column and its declared type, which may be empty."""

    name: str
    type: str


class Table(NamedTuple):
    """A table, its columns in their order, and the names of those that are its primary key."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]


class ForeignKey(NamedTuple):
    """A column of a table that holds values of another table's column."""

    table: str
    column: str
    other_table: str
    other_column: str


class Schema(NamedTuple):
    """Tables in their order, and the foreign keys between them."""

    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...]


def schema_of(database: str | Path) -> Schema:
    """The schema of an SQLite file.

    Raises:
        InputError: it cannot be read.
    """
    tables, keys = [], []
    with read_only(database) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        for (name,) in names:
            if name.startswith(_INTERNAL):
                continue
            found = connection.execute("SELECT name, type, pk FROM pragma_table_info(?)", (name,)).fetchall()
            primary = sorted((place, column) for column, _, place in found if place)
            columns = tuple(Column(column, kind) for column, kind, _ in found)
            tables.append(Table(name, columns, tuple(column for _, column in primary)))
            keys += [
                ForeignKey(name, column, other, target or column)
                for column, other, target in connection.execute(
                    'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (name,)
                )
            ]
    return Schema(tuple(tables), tuple(keys))


def schema_from_entry(entry: Mapping[str, Any]) -> Schema:
    """The schema of one database in Spider's tables.json.

    Raises:
        KeyError, IndexError, TypeError, ValueError: it has another form.
    """
    names, columns = entry["table_names_original"], entry["column_names_original"]
    types = [_SQL_TYPES.get(kind, "") for kind in entry["column_types"]]
    primary = {place for each in entry["primary_keys"] for place in (each if isinstance(each, list) else [each])}
    tables = tuple(
        Table(
            name,
            tuple(
                Column(column, kind) for (owner, column), kind in zip(columns, types, strict=True) if owner == number
            ),
            tuple(columns[place][1] for place in sorted(primary) if columns[place][0] == number),
        )
        for number, name in enumerate(names)
    )
    keys = tuple(
        ForeignKey(names[columns[one][0]], columns[one][1], names[columns[other][0]], columns[other][1])
        for one, other in entry["foreign_keys"]
    )
    return Schema(tables, keys)


def entry_from_schema(db_id: str, schema: Schema) -> dict[str, Any]:
    """A database's entry in tables.json; names in words are those of the database with spaces for underscores."""
    columns = [(-1, Column("*", "TEXT"))]
    columns += [(number, column) for number, table in enumerate(schema.tables) for column in table.columns]
    places = {
        (schema.tables[owner].name.lower(), column.name.lower()): place
        for place, (owner, column) in enumerate(columns)
        if owner >= 0
    }
    return {
        "db_id": db_id,
        "table_names_original": [table.name for table in schema.tables],
        "table_names": [_words(table.name) for table in schema.tables],
        "column_names_original": [[owner, column.name] for owner, column in columns],
        "column_names": [[owner, _words(column.name)] for owner, column in columns],
        "column_types": [_kind(column.type) for _, column in columns],
        "primary_keys": [
            places[table.name.lower(), name.lower()] for table in schema.tables for name in table.primary_key
        ],
        "foreign_keys": [
            [places[key.table.lower(), key.column.lower()], places[key.other_table.lower(), key.other_column.lower()]]
            for key in schema.foreign_keys
        ],
    }


def ddl(schema: Schema) -> str:
    """CREATE TABLE statements, one a line, without SQLite's own tables."""
    lines = []
    for table in schema.tables:
        if table.name.startswith(_INTERNAL):
            continue
        parts = [f"{quoted(column.name)} {column.type}".strip() for column in table.columns]
        if table.primary_key:
            parts.append(f"PRIMARY KEY ({', '.join(map(quoted, table.primary_key))})")
        parts += [
            f"FOREIGN KEY ({quoted(key.column)}) REFERENCES {quoted(key.other_table)} ({quoted(key.other_column)})"
            for key in schema.foreign_keys
            if key.table == table.name
        ]
        lines.append(f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)});")
    return "\n".join(lines)


def quoted(name: str) -> str:
    """A name as it may stand in a query."""
    plain = _PLAIN_NAME.fullmatch(name) and not _reserved(name)
    return name if plain else '"' + name.replace('"', '""') + '"'


@cache
def _reserved(word: str) -> bool:
    """Whether SQLite itself takes a word for something else than a name."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE {word} ({word} INT)")
        except sqlite3.OperationalError as error:
            return "syntax error" in str(error)
    return False


def _words(name: str) -> str:
    return name if name == "*" else " ".join(name.replace("_", " ").lower().split())


def _kind(declared: str) -> str:
    """What tables.json calls a declared type."""
    return next((kind for part, kind in _KINDS if part in declared.upper()), "number" if declared else "text")
