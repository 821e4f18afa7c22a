"""Vague words for a value, by the words around it.

| in the question | instead |
|---|---|
| `at least two courses`, `more than 4 cylinders` | `many courses`, `many cylinders` |
| `horsepower more than 150`, `whose earnings is higher than 300000` | `high horsepower`, `whose earnings is high` |
| `older than 20` | `old` |
| `opened after 2010` | `opened recently` |
| `above age 20` | `above a certain age` |
| `with 8 cylinders` | `with a certain number of cylinders` |
| `in grade 10`, `the state of Indiana` | `in a certain grade`, `a certain state` |
| `whose membership level is 1` | `with a certain membership level` |
| `the math course` | `a certain course` |
| `the high schooler named Kyle` | `the high schooler` |
| `from France` | `from a certain country` |
"""

from __future__ import annotations

from collections.abc import Callable

from duologue.operators.ambiguity.elements.conditions import Condition
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.vague_words import degrees, kinds
from duologue.operators.ambiguity.vague_words.vague import Place, Vague
from duologue.operators.ambiguity.words import Question, Span


def vaguer(question: Question, value: Span, condition: Condition) -> Vague | None:
    """The first rule that knows the words around a value; None where none does.

    Args:
        question: the question.
        value: where the value stands, with its quotation marks.
        condition: what it is compared with.
    """
    text = question.text
    if "stands for" in text:  # which explains a code
        return None
    place = Place(question, value, condition, text[: value.start], text[value.end :])
    if condition.column is None:
        return degrees.counted(place)
    rules: tuple[Callable[[Place, Column], Vague | None], ...] = (
        degrees.so_many,
        kinds.years_old,
        degrees.compared,
        kinds.part_of_text,
        kinds.named,
        kinds.whose,
        kinds.after_its_column,
        kinds.before_its_column,
        kinds.after_a_preposition,
    )
    for rule in rules:
        found = rule(place, condition.column)
        if found is not None:
            return found
    return None
