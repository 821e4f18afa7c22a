"""Rows of figures, filtered by what they say: a gate, a reason, a metric above or below something.

kept = filtered(lines, [Filter("gate", "is", "leak"), Filter("score", "below", "0.5")], first=0, most=50)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from duologue.errors import InputError
from duologue.studio.runs.lines import BROKEN, Lines

How = Literal["is", "is not", "has", "above", "below"]
_MANY = 40


class Filter(NamedTuple):
    """A condition on a field; fields within fields are named with dots."""

    field: str
    how: How
    value: str

    def holds(self, row: dict[str, Any]) -> bool:
        """Whether a row fulfils it; a row without the field does so only for `is not`.

        Raises:
            InputError: it compares with what is no number.
        """
        if self.how in ("above", "below"):
            limit, found = _limit(self.value), row.get(self.field)
            if isinstance(found, bool) or not isinstance(found, int | float):
                return False
            return found > limit if self.how == "above" else found < limit
        if self.field not in row:
            return self.how == "is not"
        found = told(row[self.field])
        if self.how == "has":
            return self.value.casefold() in found.casefold()
        return (found == self.value) == (self.how == "is")


def told(value: Any) -> str:
    """A value as a row shows it and as it is looked for: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _limit(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{value!r} is no number", where="filter", mend="give a number, or choose `is`") from None


class Kept(NamedTuple):
    """Rows with their numbers; the number to go on from, None after the last."""

    rows: list[tuple[int, dict[str, Any]]]
    next: int | None


def filtered(lines: Lines, filters: Sequence[Filter], *, first: int, most: int) -> Kept:
    """The next rows that fulfil all conditions."""
    kept: list[tuple[int, dict[str, Any]]] = []
    for number, row in _rows(lines, first):
        if all(each.holds(row) for each in filters):
            if len(kept) == most:
                return Kept(kept, number)
            kept.append((number, row))
    return Kept(kept, None)


def columns(lines: Lines, sample: int = 200) -> dict[str, list[str]]:
    """Field -> its values, the most frequent first, where there are few; from the first rows."""
    values: dict[str, Counter[str]] = {}
    for number, row in _rows(lines, 0):
        if number >= sample:
            break
        for field, value in row.items():
            values.setdefault(field, Counter())[told(value)] += 1
    return {
        field: [each for each, _ in found.most_common()] if len(found) <= _MANY else []
        for field, found in values.items()
    }


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row without nesting: `{"a": {"b": 1}}` is `{"a.b": 1}`; lists stay as they are."""
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= flat(each, f"{prefix}{key}.") if isinstance(each, dict) else {f"{prefix}{key}": each}
    return found


def _rows(lines: Lines, first: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for start in range(first, len(lines), 256):
        for number, line in lines.at(range(start, start + 256)):
            try:
                row = msgspec.json.decode(line)
                if isinstance(row, dict):
                    yield number, flat(row)
            except BROKEN:
                continue
