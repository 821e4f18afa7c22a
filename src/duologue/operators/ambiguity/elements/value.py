"""Which value is meant, or how many are many: `singers from France` becomes `singers from a certain country`,
`at least two courses` becomes `many courses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded, Value, Values
from duologue.operators.ambiguity.elements.conditions import Condition, conditions
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.vague_words.rules import vaguer
from duologue.operators.ambiguity.vague_words.vague import Vague
from duologue.operators.ambiguity.words import NUMBERS, Question, Span

NAME = "value"
_QUOTES = "'\"`‘’“”"
_WORD = re.compile(r"[^\W\d_]{3,}")


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The values of all conditions."""
    found = list(conditions(query))
    said = {condition: spans(question, condition) for condition in found}
    for condition, places in said.items():
        reason = ""
        if len(condition.value) == 1 and not condition.value.isdigit():
            reason = "a code"
        elif condition.column is None and not condition.value.isdigit():
            reason = "no whole number"
        elif len(places) != 1:
            reason = "worded twice in the question" if places else "not worded in the question"
        elif any(
            _joined(question.text, places[0], other[0])
            for key, other in said.items()
            if key != condition and key.column == condition.column and other
        ):
            reason = "one of several values"
        vague = None if reason else vaguer(question, places[0], condition)
        if vague is None:
            yield Unworded(NAME, reason or "worded in a way that cannot be left out", condition.node.sql())
        else:
            yield _element(query, question, condition, places[0], vague)


def spans(question: Question, condition: Condition) -> list[Span]:
    """Where a condition's value stands in the question, in figures or in words, with its quotation marks."""
    text, value = question.text, condition.value
    number = value.isdigit()
    names = [re.escape(value)]
    if number and int(value) < len(NUMBERS):
        names.append(NUMBERS[int(value)])
    ending = "" if number else "s?"
    pattern = rf"(?<![\w.])(?:{'|'.join(names)}){ending}(?![\w]|\.\d)"
    found = []
    for match in re.finditer(pattern, text, re.IGNORECASE):
        start, end = match.span()
        before = re.search(rf"[{_QUOTES}]+\s*$", text[:start])
        after = re.match(rf"\s*[{_QUOTES}]+(?!s\b)", text[end:])
        if before and after:
            start, end = before.start(), end + after.end()
        found.append(Span(start, end))
    return found


def _joined(text: str, one: Span, other: Span) -> bool:
    """Whether only an `or` or an `and` with a few words stands between two values of a column."""
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    return bool(re.fullmatch(r"\W*(?:\w+\W+){0,2}(?:or|and)\W+(?:\w+\W+){0,3}", between))


def _element(query: Query, question: Question, condition: Condition, span: Span, vague: Vague) -> Element:
    said = span.of(question.text).strip(_QUOTES + " ")
    exact = vague.span.of(question.text)
    reply = said if not vague.degree else exact
    reply = reply[0].upper() + reply[1:]
    return Element(
        family="population",
        operator=NAME,
        places=tuple(query.place(literal) for literal in condition.literals),
        edits=tuple(Edit.of(question.text, vague.span, each) for each in vague.instead),
        said=condition.value,
        asked=vague.asked,
        offered=vague.offered,
        replies=(f"{reply}.", f"{reply}, please.", f"I mean {said if not vague.degree else exact}."),
        readings=lambda values: _readings(condition, values),
    )


def _readings(condition: Condition, values: Values) -> Iterable[Reading]:
    for value in _others(condition, values):
        literals = tuple(condition.literal(value) for _ in condition.literals)
        yield Reading(f"{value:g}" if isinstance(value, float) else str(value), literals)


def _others(condition: Condition, values: Values) -> Iterable[Value]:
    if condition.column is None:
        count = int(condition.value)
        fewest = 1 if isinstance(condition.node, exp.GT) else 2  # which is many
        return [other for other in (count + 1, count - 1, count + 2, count + 3, count + 5) if other >= fewest]
    there = [value for value in values(condition.column) if str(value).lower() != condition.value.lower()]
    if condition.like:
        words = (word for value in there for word in _WORD.findall(str(value)))
        return [word for word in dict.fromkeys(words) if word.lower() != condition.value.lower()]
    return there
