"""Something a question says and its query holds, which can be left out: then the question has several readings.

| family | operator | what is left out |
|---|---|---|
| requested | `column` | which columns are asked for |
| requested | `aggregate` | whether it is the average, the least, the most or the sum |
| population | `value` | the value that a column is compared with, or how many are many |
| population | `condition-column` | the column that a value belongs to |
| presentation | `direction` | whether the order is ascending or descending |
| presentation | `order-column` | what the rows are sorted by |
| presentation | `ranking` | what makes the first one the first |
| presentation | `limit` | how many are to be shown |
| presentation | `distinct` | whether repeated rows are shown |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.schema import Column

Family = Literal["requested", "population", "presentation"]
Value = str | int | float
Values = Callable[[Column], Sequence[Value]]
"""The values that stand in a column."""


class Reading(NamedTuple):
    """What could be meant: how it is called, and the nodes that stand in the query then (None: nothing)."""

    said: str
    nodes: tuple[exp.Expr | None, ...]


class Element(NamedTuple):
    """What is left out.

    Attributes:
        family: of the ambiguity.
        operator: the kind of thing.
        places: where it stands in the query.
        edits: ways to take it out of the question; one is drawn.
        said: how it is called among the options of a clarifying question.
        asked: clarifying questions that name what is missing; one is drawn.
        offered: the same with `{options}`, for where there are few.
        replies: what the user may answer; one is drawn.
        readings: other things that could be meant, given the values in the database.
        secret: what the ambiguous question must not say, where this is not all that the edit removes.
    """

    family: Family
    operator: str
    places: tuple[int, ...]
    edits: tuple[Edit, ...]
    said: str
    asked: tuple[str, ...]
    offered: tuple[str, ...]
    replies: tuple[str, ...]
    readings: Callable[[Values], Iterable[Reading]]
    secret: str = ""


class Unworded(NamedTuple):
    """What stands in a query and is not left out, and why: mostly its words are not found in the question."""

    operator: str
    reason: str
    evidence: str
