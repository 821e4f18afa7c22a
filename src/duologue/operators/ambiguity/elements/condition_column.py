"""Which column a value belongs to: `players with earnings above 200000` becomes `players with more than 200000`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.elements.conditions import Condition, conditions
from duologue.operators.ambiguity.elements.value import spans
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

NAME = "condition-column"
_WITH = re.compile(
    r"\b(?P<with>with|whose|(?:that|who|which)\s+ha(?:s|ve|d)|having|ha(?:s|ve|d))\s+(?:an?\s+|the\s+)?$", re.IGNORECASE
)
_THAN = re.compile(
    r"\s+(?:of\s+|is\s+|are\s+)?(?P<way>higher\s+than|greater\s+than|more\s+than|larger\s+than|above|over|heavier\s+than"
    r"|lower\s+than|less\s+than|smaller\s+than|below|under)\s+",
    re.IGNORECASE,
)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The columns that are said to be more or less than a number."""
    for condition in conditions(query):
        if condition.column is None or not (condition.more or condition.less) or len(condition.literals) != 1:
            continue
        said = spans(question, condition)
        edit = _edit(question, condition, condition.column, said[0]) if len(said) == 1 else None
        if edit is None:
            yield Unworded(NAME, "not worded in the question", condition.node.sql())
        else:
            yield _element(query, condition, condition.column, edit)


def _edit(question: Question, condition: Condition, column: Column, value: Span) -> Edit | None:
    for noun in question.find(column.names):
        opening = _WITH.search(question.text[: noun.start])
        than = _THAN.fullmatch(question.text[noun.end : value.start])
        if opening and than:
            word = "with" if opening["with"].lower() == "whose" else opening["with"]
            way = "more than" if condition.more else "less than"
            return Edit.of(question.text, Span(opening.start(), value.start), f"{word} {way}")
    return None


def _element(query: Query, condition: Condition, column: Column, edit: Edit) -> Element:
    way = "More" if condition.more else "Less"
    assert condition.key is not None
    key = condition.key
    return Element(
        family="population",
        operator=NAME,
        places=(query.place(key),),
        edits=(edit,),
        said=column.short,
        asked=(f"{way} than {condition.value} of what?", f"What should be {way.lower()} than {condition.value}?"),
        offered=(f"{way} than {condition.value} in which respect: {{options}}?",),
        replies=(f"The {column.short}.", f"I mean the {column.short}.", f"{column.short.capitalize()}."),
        readings=lambda _: _others(query, condition),
    )


def _others(query: Query, condition: Condition) -> Iterable[Reading]:
    if condition.key is None:
        return []
    return [
        Reading(column.short, (node,))
        for node, column in query.beside(condition.key)
        if column.numeric and not column.coded
    ]
