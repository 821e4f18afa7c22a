"""Which figure is asked for: `What is the average age of the dogs?` becomes `What is the age of the dogs?`"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

NAME = "aggregate"
_FIGURES: dict[type[exp.AggFunc], tuple[str, ...]] = {
    exp.Avg: ("average", "mean"),
    exp.Min: ("minimum", "smallest", "lowest", "least", "min"),
    exp.Max: ("maximum", "largest", "highest", "greatest", "biggest", "max"),
    exp.Sum: ("total", "combined", "overall", "sum of"),
}
_WORD = "|".join(word for words in _FIGURES.values() for word in words)
_RUN = re.compile(rf"\b(?:{_WORD})\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:the\s+)?(?:{_WORD})\b)*", re.IGNORECASE)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The averages, minima, maxima and sums of each column that the outermost SELECT has."""
    if query.select is None:
        return
    groups: dict[Column, list[exp.AggFunc]] = {}
    for node in query.select.expressions:
        inside = node.this if isinstance(node, exp.AggFunc) and type(node) in _FIGURES else None
        column = query.column(inside) if isinstance(inside, exp.Column) else None
        if column is not None and isinstance(node, exp.AggFunc):
            groups.setdefault(column, []).append(node)
    for column, nodes in groups.items():
        figures = {type(node) for node in nodes}
        runs = [run for run in _RUN.finditer(question.text) if _named(run.group()) == figures]
        if len(runs) != 1:
            reason = "not worded in the question" if not runs else "worded twice in the question"
            yield Unworded(NAME, reason, ", ".join(node.sql() for node in nodes))
            continue
        yield _element(query, question, column, nodes, _span(question.text, runs[0]))


def _span(text: str, run: re.Match[str]) -> Span:
    """The words with `on` or `in` before them, where they end a clause: `…, on average?`, `… in total.`"""
    adverb = re.search(r",?\s*\b(?:on|in)\s+$", text[: run.start()])
    ends = re.match(r"\s*(?:[,.?]|$)", text[run.end() :])
    return Span(adverb.start() if adverb and ends else run.start(), run.end())


def _named(words: str) -> set[type[exp.AggFunc]]:
    return {
        figure
        for figure, names in _FIGURES.items()
        if any(re.search(rf"\b{name}\b", words, re.IGNORECASE) for name in names)
    }


def _element(query: Query, question: Question, column: Column, nodes: Sequence[exp.AggFunc], run: Span) -> Element:
    said = re.sub(r"^\W*(?:on|in)\s+|\s+of$", "", run.of(question.text).lower())
    return Element(
        family="requested",
        operator=NAME,
        places=tuple(query.place(node) for node in nodes),
        edits=(Edit.of(question.text, run),),
        said=said,
        asked=(
            f"Which figure do you want for the {column.short}?",
            f"There are many values for the {column.short}. What should I work out?",
        ),
        offered=(
            f"Which figure for the {column.short} do you need: {{options}}?",
            f"There are many values for the {column.short}. Do you want the {{options}}?",
        ),
        replies=(f"The {said}.", f"The {said}, please.", f"I meant the {said}."),
        readings=lambda _: _readings(column, nodes),
    )


def _readings(column: Column, nodes: Sequence[exp.AggFunc]) -> Iterable[Reading]:
    rest: tuple[None, ...] = (None,) * (len(nodes) - 1)
    asked = {type(node) for node in nodes}
    for figure, names in _FIGURES.items():
        if asked != {figure} and (column.numeric or figure in (exp.Min, exp.Max)):
            yield Reading(names[0], (figure(this=nodes[0].this.copy()), *rest))
