"""A database with its rows, as SQLite and in the layout of Spider's tables.json.

>>> database = draw_database(random.Random(1), names(7, "train"), "train", 0)
>>> database.run(f"SELECT COUNT(*) FROM {database.schema.main.name}")
[(9,)]
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from duologue.corpora.database_schema import Column as SqlColumn
from duologue.corpora.database_schema import ForeignKey, ddl, entry_from_schema
from duologue.corpora.database_schema import Schema as SqlSchema
from duologue.corpora.database_schema import Table as SqlTable
from duologue.corpora.worlds.clarify.databases.schema import Column, Schema, Table, draw_schema
from duologue.corpora.worlds.names import Names, title
from duologue.corpora.worlds.splits import Split

Value: TypeAlias = int | str
_ROWS, _OTHERS, _PLACES = 9, 4, 4
_FIRST_YEAR, _LAST_YEAR = 1950, 2025


@dataclass(frozen=True)
class Database:
    """A database.

    Attributes:
        id: its name, which holds a word of its split alone.
        schema: its tables.
        rows: of each table, by the table's name.
    """

    id: str
    schema: Schema
    rows: dict[str, list[tuple[Value, ...]]]

    @property
    def ddl(self) -> str:
        """CREATE TABLE statements, one a line, as Spider's reader shows them."""
        return ddl(self._sql)

    @property
    def spider(self) -> dict[str, Any]:
        """Its entry in Spider's tables.json."""
        return entry_from_schema(self.id, self._sql)

    @property
    def _sql(self) -> SqlSchema:
        key, main, other = self.schema.key, self.schema.main.name, self.schema.other.name
        tables = [
            SqlTable(
                table.name,
                tuple(SqlColumn(column.name, "TEXT" if column.is_text else "INTEGER") for column in table.columns),
                (table.columns[0].name,),
            )
            for table in self.schema.tables
        ]
        return SqlSchema(tuple(tables), (ForeignKey(main, key, other, key),))

    @cached_property
    def _memory(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:")
        self._fill(connection)
        return connection

    def run(self, query: str) -> list[tuple[Value, ...]]:
        """The result of a query of this world."""
        return self._memory.execute(query).fetchall()

    def values(self, table: Table, column: Column) -> list[Value]:
        """A column's values, row by row."""
        at = table.columns.index(column)
        return [row[at] for row in self.rows[table.name]]

    def write(self, path: Path) -> None:
        """Write the SQLite file; one that is there is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        self._fill(connection)
        connection.close()

    def _fill(self, connection: sqlite3.Connection) -> None:
        connection.executescript(self.ddl)
        for table in self.schema.tables:
            marks = ", ".join("?" * len(table.columns))
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", self.rows[table.name])
        connection.commit()


def draw_database(rng: random.Random, names: Names, split: Split, number: int) -> Database:
    """Draw a database.

    Args:
        rng: the source of chance.
        names: the names to draw from.
        split: whose themes.
        number: which database of the split it is; part of its name.
    """
    schema = draw_schema(rng, split)
    towns = [title(word) for word in rng.sample(names.words, _PLACES)]
    rows: dict[str, list[tuple[Value, ...]]] = {}
    for table, count in ((schema.other, _OTHERS), (schema.main, _ROWS)):
        columns = [_values(rng, names, schema, table, column, towns, count) for column in table.columns]
        rows[table.name] = [*zip(*columns, strict=True)]
    return Database(f"{schema.topic}_{rng.choice(names.words)}_{number}", schema, rows)


def _values(
    rng: random.Random, names: Names, schema: Schema, table: Table, column: Column, towns: Sequence[str], count: int
) -> list[Value]:
    """One column's values; numbers and years each once."""
    if column == table.columns[0]:
        return list(range(1, count + 1))
    if column.kind == "id":
        return [*range(1, _OTHERS + 1), *(rng.randint(1, _OTHERS) for _ in range(count - _OTHERS))]
    if column.kind == "name":
        return [*_named(rng, names, table.theme.named, count)]
    if column.kind == "town":
        return [rng.choice(towns) for _ in range(count)]
    least, most = (_FIRST_YEAR, _LAST_YEAR) if column.kind == "year" else (column.least, column.most)
    return [*rng.sample(range(least, most + 1), count)]


def _named(rng: random.Random, names: Names, how: str, count: int) -> list[str]:
    """Names of rows, each once."""
    words, others = rng.sample(names.words, 2 * count)[:count], rng.sample(names.words, count)
    pairs = [title(pair) for pair in rng.sample(names.pairs, count)]
    people = rng.sample(names.people["they"], count)
    made = {
        "venue": [f"{pair.split(' ')[1]} of {title(word)}" for pair, word in zip(pairs, words, strict=True)],
        "person": [f"{person} {title(word)}" for person, word in zip(people, others, strict=True)],
        "title": [f"The {pair}" for pair in pairs],
        "pair": pairs,
        "word": [title(word) for word in words],
        "firm": [f"{title(word)} and Sons" for word in words],
        "code": [f"{word[:2].upper()}{rng.randint(100, 999)}" for word in words],
    }
    return list(dict.fromkeys(made[how])) if len(set(made[how])) == count else _named(rng, names, how, count)
