"""The schema of a database: two tables, a foreign key, and words that fit one column or two.

"height" fits one column of a table with `height` or `usual_height`, and two of one with `usual_height` and
`greatest_height`.

    >>> schema = draw_schema(random.Random(1), "test")
    >>> [column.name for column in schema.main.columns]
    ['plant_id', 'name', 'nursery_id', 'usual_height', 'greatest_height', 'year', 'spring_garden', 'autumn_garden',
     'seed_price']
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from duologue.corpora.worlds.clarify.phrases import themes
from duologue.corpora.worlds.splits import Split

ColumnKind = Literal["id", "name", "number", "code", "year", "town"]
_TWO, _BARE = 0.5, 0.4
_MOST_CONCEPTS = 4


class TableTheme(msgspec.Struct, forbid_unknown_fields=True):
    """What a table is about: what a row is, how rows are named, and the words for its columns."""

    one: str
    many: str
    named: str
    numbers: dict[str, tuple[str, str, int, int]] = {}
    codes: dict[str, tuple[str, str, int, int]] = {}
    years: dict[str, tuple[str, str]] = {}
    towns: dict[str, tuple[str, str]] = {}


class Theme(msgspec.Struct, forbid_unknown_fields=True):
    """What a database is about; `belongs` says how rows of the first table belong to one of the second."""

    belongs: str
    main: TableTheme
    other: TableTheme


class Column(NamedTuple):
    """A column: its name, what it holds, the word it answers to, and the range of a number."""

    name: str
    kind: ColumnKind
    word: str
    least: int = 0
    most: int = 0

    @property
    def spoken(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.kind in ("name", "town")


@dataclass(frozen=True)
class Table:
    """A table: its theme, its name and its columns, the key first."""

    theme: TableTheme
    name: str
    columns: list[Column]

    def fitting(self, word: str) -> list[Column]:
        """The columns that a word can mean: the rule that decides whether a question is ambiguous."""
        return [column for column in self.columns if column.word == word]

    @property
    def words(self) -> list[str]:
        """Every word for a column, once."""
        return list(dict.fromkeys(column.word for column in self.columns if column.word))


@dataclass(frozen=True)
class Schema:
    """A database's theme and tables; `main` refers to `other` by `other`'s key."""

    topic: str
    belongs: str
    main: Table
    other: Table

    @property
    def tables(self) -> tuple[Table, Table]:
        """The tables, the one that is referred to first."""
        return self.other, self.main

    @property
    def key(self) -> str:
        """The column by which the tables are joined."""
        return self.other.columns[0].name


def draw_schema(rng: random.Random, split: Split) -> Schema:
    """Draw a schema of one of the split's themes."""
    topic, theme = rng.choice([*_themes(split).items()])
    other = _table(rng, theme.other, None)
    return Schema(topic, theme.belongs, _table(rng, theme.main, other.columns[0]), other)


@lru_cache(maxsize=3)
def _themes(split: Split) -> dict[str, Theme]:
    return themes("databases", Theme, split)


def _table(rng: random.Random, theme: TableTheme, refers: Column | None) -> Table:
    columns = [Column(f"{theme.one}_id", "id", ""), Column("name", "name", ""), *([refers] if refers else [])]
    concepts: list[list[Column]] = []
    ranged: list[tuple[ColumnKind, dict[str, tuple[str, str, int, int]]]] = [
        ("number", theme.numbers),
        ("code", theme.codes),
    ]
    for kind, known in ranged:
        for word, (first, second, least, most) in known.items():
            concepts.append([Column(f"{each}_{word}", kind, word, least, most) for each in (first, second)])
    for word, pair in theme.years.items():
        concepts.append([Column(f"{each}_{word}", "year", word) for each in pair])
    for word, pair in theme.towns.items():
        concepts.append([Column(f"{each}_{word}", "town", word) for each in pair])
    chosen = rng.sample(concepts, min(len(concepts), _MOST_CONCEPTS))
    two = [True, False, *(rng.random() < _TWO for _ in chosen[2:])]
    for both, concept in zip(two, chosen, strict=False):
        one = rng.choice(concept)
        columns += concept if both else [one._replace(name=one.word) if rng.random() < _BARE else one]
    return Table(theme, theme.many.replace(" ", "_"), columns)
