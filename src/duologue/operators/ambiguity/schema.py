"""A database's tables and columns, and how people call them.

Names are those of the corpus (Spider's `column_names`) where they are given, else the identifiers' own words:
`cost_of_treatment` and `CostOfTreatment` are both `cost of treatment`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from duologue.operators.ambiguity.words import content, singular

_FULL = {"num": "number", "avg": "average", "max": "maximum", "min": "minimum", "addr": "address"}
_CODES = frozenset({"id", "code", "yn", "is", "if"})
_KINDS = frozenset({"type", "kind", "format", "category", "class"})
_OF_NAMES = frozenset({"first", "middle", "last", "full", "family", "given", "nick"})
_NUMERIC = re.compile("int|real|num|dec|doub|float|year", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        table: its table's name in the database.
        name: its own.
        said: how people call it, e.g. `cost of treatment`.
        owner: how people call one of the things in its table, e.g. `high schooler`.
        numeric: whether its declared type is one of numbers.
        key: whether it is part of a primary or a foreign key.
    """

    table: str
    name: str
    said: str
    owner: str
    numeric: bool = False
    key: bool = False

    @property
    def short(self) -> str:
        """How it is called where its table is clear: `age` of `pet age`, `country` of `country name`."""
        words = self.said.removesuffix(" millions").split()
        owned = set(content(self.owner))
        while len(words) > 1 and set(content(words[0])) <= owned and words[1] not in ("of", "id", "name", "code"):
            words = words[1:]
        return " ".join(words)

    @property
    def names(self) -> list[str]:
        """All that it may be called in a question."""
        owner = set(content(self.owner))
        bare = " ".join(word for word in self.said.split() if not set(content(word)) <= owner)
        return [name for name in dict.fromkeys((self.said, self.short, bare, spoken(self.name))) if name]

    @property
    def owned(self) -> bool:
        """Whether it names the things of its table: `name`, `title`, `country name` of countries."""
        words = set(content(self.said)) - set(content(self.owner))
        return words <= set(content("full name")) | set(content("title")) and bool(words)

    @property
    def noun(self) -> str:
        """What a value of it is: `country` for names of countries, `type of pet`, `age`, `person` for `written by`."""
        if self.owned:
            return self.owner
        words = self.said.removesuffix(" name").split()
        if words[-1] in _KINDS:
            return f"{words[-1]} of {' '.join(words[:-1]) or self.owner}"
        if words[-1] == "by":
            return "person"
        kind = self.short.removesuffix(" name")
        return self.short if kind in _OF_NAMES else kind

    @property
    def coded(self) -> bool:
        """Whether it holds keys, codes or yes and no, which nobody asks for without need."""
        return self.key or bool(_CODES & set(spoken(self.name).split()))


@dataclass(frozen=True)
class Table:
    """A table: its name, how people call one of its things, its columns."""

    name: str
    said: str
    columns: Sequence[Column] = field(default_factory=tuple)


@dataclass(frozen=True)
class Schema:
    """The tables of a database."""

    tables: Sequence[Table]

    def table(self, name: str) -> Table | None:
        """The table of this name, whatever its case."""
        return next((table for table in self.tables if table.name.lower() == name.lower()), None)

    def column(self, table: str, name: str) -> Column | None:
        """The column of this name, whatever its case."""
        found = self.table(table)
        return next((each for each in found.columns if each.name.lower() == name.lower()), None) if found else None

    @property
    def columns(self) -> list[Column]:
        """Those of all tables."""
        return [column for table in self.tables for column in table.columns]


def spoken(identifier: str) -> str:
    """An identifier in words: `Num_of_Staff` is `number of staff`, `FullName` is `full name`."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_\W]+", " ", identifier)).lower().split()
    words = [_FULL.get(part, part) for part in parts]
    if words[:1] == ["number"] and len(words) > 1 and words[1] != "of":
        words.insert(1, "of")
    return " ".join(words)


def table_of(
    name: str,
    columns: Sequence[tuple[str, str, bool]],
    *,
    said: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Table:
    """A table from what the database declares.

    Args:
        name: the table's.
        columns: of each its name, its declared type, and whether it is part of a key.
        said: how the corpus calls the table.
        names: column (lower case) -> how the corpus calls it.
    """
    owner = singular(spoken(said or name))
    known = names or {}
    return Table(
        name,
        owner,
        tuple(
            Column(name, column, spoken(known.get(column.lower(), column)), owner, bool(_NUMERIC.search(kind)), key)
            for column, kind, key in columns
        ),
    )
