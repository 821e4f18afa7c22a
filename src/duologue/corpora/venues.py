"""The venue databases of a task-oriented corpus: `hotel_db.json`, `train_db.json`, … in one folder.

Columns get the canonical slot names (`entrance fee` is `entrancefee`, `arriveBy` is `arriveby`), so a belief state's
slots can be looked up as they are. A lookup is what a system would do: equal but for case and a few spellings, arrival
and departure as bounds, "don't care" and unknown slots no constraint. (The published evaluator's fuzzy lookup is
another thing.)

    venues = Venues.load("multiwoz_db")
    venues.query("train", {"destination": "cambridge", "day": ["monday"], "arriveby": "9:00"})[0]["trainid"]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from duologue.corpora.multiwoz.slots import is_dontcare
from duologue.dialogue import open_bytes
from duologue.errors import InputError

Row: TypeAlias = Mapping[str, Any]
"""One venue or train: canonical column -> value, text nearly always; `?` is unknown."""

Constraints: TypeAlias = Mapping[str, str | Sequence[str]]
"""Slot -> value, or its acceptable alternatives as in a belief state."""

_SUFFIX = "_db.json"
_TIMES = ("arriveby", "leaveat")
_TIME = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*(am|pm)?")
_SPELLINGS = {
    "center": "centre",
    "guest house": "guesthouse",
    "swimming pool": "swimmingpool",
    "concert hall": "concerthall",
    "night club": "nightclub",
    "mutliple sports": "multiple sports",
    "moderately priced": "moderate",
}
_FREE_IS_YES = ("internet", "parking")


class Venues:
    """Databases by domain; rows keep the order of their file."""

    def __init__(self, databases: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Index databases that are in memory already.

        Args:
            databases: domain -> rows, with native or canonical column names.
        """
        self._tables = {domain: _Table(rows) for domain, rows in databases.items()}

    @classmethod
    def load(cls, folder: str | Path) -> Venues:
        """Read every `<domain>_db.json` of a folder.

        Raises:
            InputError: there is none, or one is not a JSON list of objects.
        """
        return cls({path.name.removesuffix(_SUFFIX): _rows(path) for path in database_files(folder)})

    @property
    def domains(self) -> list[str]:
        """The domains that have a database, in alphabetical order."""
        return sorted(self._tables)

    def rows(self, domain: str) -> Sequence[Row]:
        """All rows of a domain; none where it has no database."""
        table = self._tables.get(domain)
        return table.rows if table else ()

    def query(self, domain: str, constraints: Constraints) -> Sequence[Row]:
        """The rows that satisfy all constraints, in the order of the database.

        Args:
            domain: e.g. `hotel`; one without a database has no rows.
            constraints: slots that are no column of the database (`bookday`) constrain nothing, and neither do "don't
                care", a blank value, or a time that cannot be read. `arriveby` is the latest arrival, `leaveat` the
                earliest departure.
        """
        table = self._tables.get(domain)
        return table.query(constraints) if table else []


def database_files(folder: str | Path) -> list[Path]:
    """Every `<domain>_db.json` of a folder, in alphabetical order.

    Raises:
        InputError: there is none.
    """
    paths = sorted(Path(folder).glob(f"*{_SUFFIX}"))
    if not paths:
        raise InputError(
            f"no database here: expected <domain>{_SUFFIX}, e.g. hotel{_SUFFIX}",
            where=str(folder),
            mend="give the folder that holds them",
        )
    return paths


class _Table:
    """The rows of one database, and for each column which rows hold a value."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows: list[dict[str, Any]] = [{_column(name): value for name, value in row.items()} for row in rows]
        self._columns = {column for row in self.rows for column in row}
        self._index: dict[str, dict[str, set[int]]] = {}

    def query(self, constraints: Constraints) -> list[Row]:
        left: set[int] | None = None
        for slot, wanted in constraints.items():
            values = [wanted] if isinstance(wanted, str) else list(wanted)
            if slot not in self._columns or any(is_dontcare(value) for value in values):
                continue
            values = [value for value in values if value.strip() and value.strip().lower() != "not mentioned"]
            if not values:
                continue
            matching = self._in_time(slot, values) if slot in _TIMES else self._equal(slot, values)
            if matching is not None:
                left = matching if left is None else left & matching
        return list(self.rows) if left is None else [self.rows[number] for number in sorted(left)]

    def _equal(self, slot: str, values: Sequence[str]) -> set[int]:
        index = self._indexed(slot)
        return index["?"].union(*(index.get(_normal(slot, value), ()) for value in values))

    def _in_time(self, slot: str, values: Sequence[str]) -> set[int] | None:
        bounds = [minutes for value in values if (minutes := minutes_of(value)) is not None]
        if not bounds:
            return None
        matching: set[int] = set()
        for text, numbers in self._indexed(slot).items():
            at = minutes_of(text)
            if at is None or (at <= max(bounds) if slot == "arriveby" else at >= min(bounds)):
                matching |= numbers
        return matching

    def _indexed(self, slot: str) -> dict[str, set[int]]:
        index = self._index.get(slot)
        if index is None:
            index = self._index[slot] = {"?": set()}
            for number, row in enumerate(self.rows):
                value = row.get(slot, "?")
                key = _normal(slot, value if isinstance(value, str) else str(value))
                index.setdefault(key or "?", set()).add(number)
        return index


def minutes_of(text: str) -> int | None:
    """The minutes since midnight of `9:15`, `09:15`, `0915`, `9` or `9:15 pm`; None for anything else.

    Hours may pass 24: some trains arrive at `24:07`.
    """
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return hour * 60 + minute if minute < 60 else None


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        with open_bytes(path) as file:
            rows = msgspec.json.decode(file.read(), type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"expected a JSON list of objects, one a venue ({error})", where=str(path), mend="check the database"
        ) from None
    return rows


def _column(name: str) -> str:
    return name.lower().replace(" ", "")


def _normal(slot: str, value: str) -> str:
    """A value as it is compared: case, white space, `&`, apostrophes, a leading "the" and known spellings aside."""
    text = " ".join(value.lower().replace("&", " and ").replace("'", "").split()).removeprefix("the ")
    text = _SPELLINGS.get(text, text)
    return "yes" if slot in _FREE_IS_YES and text == "free" else text
