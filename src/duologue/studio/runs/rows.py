"""Rows of figures, filtered by what they say: a gate, a reason, a metric above or below something.

kept = filtered(lines, [Filter("gate", "is", "leak"), Filter("score", "below", "0.5")], first=0, most=50)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from duologue.studio.runs.lines import Lines

How = Literal["is", "is not", "has", "above", "below"]
_MANY = 40


class Filter(NamedTuple):
    """A condition on a field; fields within fields are named with dots."""

    field: str
    how: How
    value: str

    def holds(self, row: dict[str, Any]) -> bool:
        """Whether a row fulfils it; a row without the field does so only for `is not`."""
        found = row.get(self.field)
        if self.how in ("above", "below"):
            try:
                limit = float(self.value)
            except ValueError:
                return False
            if isinstance(found, bool) or not isinstance(found, int | float):
                return False
            return found > limit if self.how == "above" else found < limit
        if self.how == "has":
            return found is not None and self.value.casefold() in str(found).casefold()
        return (str(found) == self.value) == (self.how == "is")


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
            values.setdefault(field, Counter())[str(value)] += 1
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
            except msgspec.DecodeError:
                continue
            if isinstance(row, dict):
                yield number, flat(row)
