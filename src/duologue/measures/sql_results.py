"""Whether two query results are the same, as Spider's test suite compares them.

    same_result([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], ordered=False)      # True

Rows are compared as a multiset, and as a list where their order was asked for. Columns may stand in any order, since a
question seldom says in which: there must be one rearrangement of the columns under which all rows agree. Numbers are
equal by value (1 is 1.0), and floats to nine significant digits or to the unit, so that a sum does not depend on the
order of its terms; a text is never equal to a number, and its case counts. Names of columns do not matter.

Source: Zhong, Yu and Klein, 2020, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites", and its code
(`result_eq`), which compares floats exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

Row: TypeAlias = tuple[Any, ...]
"""Values of SQLite: int, float, str, bytes or None."""

_DIGITS = 9
"""Significant digits of a float that must agree."""
_EXACT = 2**53
"""Up to here a float holds every whole number."""


def same_result(one: Sequence[Row], other: Sequence[Row], *, ordered: bool) -> bool:
    """Whether two results hold the same rows.

    Args:
        one: rows of one query.
        other: rows of the other.
        ordered: whether the order of the rows counts, too.
    """
    if len(one) != len(other):
        return False
    if not one:
        return True
    if len(one[0]) != len(other[0]):
        return False
    ours, theirs = _columns(one), _columns(other)
    return _arranged(ours, theirs, [], set(), ordered)


def _columns(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return list(zip(*[[_value(value) for value in row] for row in rows], strict=True))


def _value(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(round(value)) if 10**_DIGITS <= abs(value) < _EXACT else float(f"{value:.{_DIGITS}g}")


def _arranged(
    ours: list[tuple[Any, ...]],
    theirs: list[tuple[Any, ...]],
    chosen: list[tuple[Any, ...]],
    used: set[int],
    ordered: bool,
) -> bool:
    """Whether the columns not `used` can be put behind those `chosen` so that the rows agree.

    What is chosen so far must agree row by row, too, so that wrong beginnings are left at once.
    """
    if len(chosen) == len(ours):
        return True
    wanted = _rows(ours[: len(chosen) + 1], ordered)
    tried: set[tuple[Any, ...]] = set()
    for index, column in enumerate(theirs):
        if index in used or column in tried:
            continue
        tried.add(column)
        longer = [*chosen, column]
        if _rows(longer, ordered) == wanted and _arranged(ours, theirs, longer, used | {index}, ordered):
            return True
    return False


def _rows(columns: list[tuple[Any, ...]], ordered: bool) -> Any:
    rows = zip(*columns, strict=True)
    return list(rows) if ordered else Counter(rows)
