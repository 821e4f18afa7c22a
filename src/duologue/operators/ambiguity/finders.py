"""Everything that can be left out of a question, by its operator's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from duologue.operators.ambiguity.element import Element, Unworded
from duologue.operators.ambiguity.elements import (
    aggregate,
    condition_column,
    direction,
    distinct,
    limit,
    order_column,
    ranking,
    requested_column,
    value,
)
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.words import Question

Finder = Callable[[Query, Question], Iterator[Element | Unworded]]
_FINDERS: tuple[Finder, ...] = (
    requested_column.find,
    aggregate.find,
    value.find,
    condition_column.find,
    direction.find,
    order_column.find,
    ranking.find,
    limit.find,
    distinct.find,
)


def elements(query: Query, question: str) -> Iterator[Element | Unworded]:
    """What can be left out, and what cannot, with its reason."""
    words = Question(question)
    for find in _FINDERS:
        yield from find(query, words)
