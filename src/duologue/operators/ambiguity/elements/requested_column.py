"""Which columns are asked for: `Show the name and age of the singers.` becomes `Tell me about the singers.`"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span, listed

NAME = "column"
_DIFFERENT = re.compile(r"\b(different|distinct|unique|distinctive)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"(?P<opening>(?:please\s+)?(?:(?P<what>what(?:'s|\s+is|\s+are|\s+were|\s+was))"
    r"|(?:show|list|find|give|return|(?P<tell>tell)|get|provide|display)(?:\s+(?:me|us|out))?))"
    r"\s+(?:(?:the|all|both|different|distinct|unique)\s+)*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|\band\b|\bas well as\b)\s*(?:and\s+)?(?:(?:the|their|all|its)\s+)*", re.IGNORECASE)
_OF = re.compile(r"(?:\s+of\s+(?:origin|birth))?\s+(?:of|for)(?=\s+(?!which\b|whom\b|where\b)\S)", re.IGNORECASE)
_SECOND = re.compile(
    r"(?<=[?.])\s+(?:please\s+|also\s+|only\s+)?(?:list|give|show|return|tell|find)\b[^?.]*[?.]?\s*$", re.IGNORECASE
)
_WHAT = ("What can you tell me about", "What do we know about", "What information is there about")
_TELL = ("Tell me about", "Show me the details of")


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The columns of the outermost SELECT, where the question says them in one place."""
    if query.select is None:
        return
    nodes = query.select.expressions
    columns = [query.column(node) if isinstance(node, exp.Column) else None for node in nodes]
    known = [column for column in columns if column is not None]
    if len(known) < len(nodes):
        return
    found = _second_sentence(question, known) or _list(question, known)
    named = ", ".join(column.said for column in known)
    if found is None:
        yield Unworded(NAME, "not asked for in one place", named)
        return
    said, edits = found
    if not edits:
        yield Unworded(NAME, "asked for by the rest as well", named)
        return
    yield Element(
        family="requested",
        operator=NAME,
        places=tuple(query.place(node) for node in nodes),
        edits=edits,
        said=said,
        asked=(
            "What would you like to know exactly?",
            "Which details do you need?",
            "Which information should I show?",
        ),
        offered=("Which information do you need: {options}?", "What should I show: {options}?")
        if len(known) < 3
        else (),
        replies=(f"The {said}.", f"The {said}, please.", f"I need the {said}."),
        readings=lambda _: _readings(query, nodes, known),
        secret=said,
    )


def _readings(query: Query, nodes: Sequence[exp.Column], known: Sequence[Column]) -> Iterable[Reading]:
    """Other columns of the table that the first one is of that is no key (which may be of the table beside it)."""
    rest: tuple[None, ...] = (None,) * (len(nodes) - 1)
    first = next((node for node, column in zip(nodes, known, strict=True) if not column.coded), nodes[0])
    for node, column in query.beside(first):
        if column not in known and not column.coded:
            yield Reading(column.short, (node, *rest))


def _second_sentence(question: Question, columns: Sequence[Column]) -> tuple[str, tuple[Edit, ...]] | None:
    """`Which shop is the largest? List its name and city.` needs only its first sentence.

    That asks for the shop's name already: where nothing but the name is asked for, nothing can be left out.
    """
    match = _SECOND.search(question.text)
    if match is None:
        return None
    span = Span(*match.span())
    second = Question(span.of(question.text))
    if not all(second.find(column.names) for column in columns):
        return None
    edits = () if _only_names(columns) else (Edit.of(question.text, span),)
    return listed([column.said for column in columns]), edits


def _list(question: Question, columns: Sequence[Column]) -> tuple[str, tuple[Edit, ...]] | None:
    """`Show the name and age of …`, `What are the names of …`."""
    text = question.text
    lead = _LEAD.match(text)
    if lead is None:
        return None
    left, end = list(columns), lead.end()
    while True:
        column, stop = _next(question, left, end)
        if column is None:
            return None
        left.remove(column)
        end = stop
        if not left:
            break
        between = _BETWEEN.match(text, end)
        if between is None:
            return None
        end = between.end()
    rest = _OF.match(text, end)
    if rest is None:
        return None
    different = _DIFFERENT.search(lead.group())
    said = text[lead.end() : end]
    asked = lead["what"] is not None or text.rstrip().endswith("?")
    span = Span(0, rest.end())
    edits = tuple(Edit.of(text, span, opening) for opening in (_WHAT if asked else _TELL))
    # "Show the singers.", unless that shows their names; but neither "Tell me the singers" nor "What are the singers?"
    if not (lead["tell"] or lead["what"] or _only_names(columns)):
        edits += (Edit.of(text, Span(lead.end("opening"), rest.end())),)
    return f"{different.group().lower()} {said}" if different else said, edits


def _only_names(columns: Sequence[Column]) -> bool:
    return all(column.owned for column in columns)


def _next(question: Question, columns: Sequence[Column], start: int) -> tuple[Column | None, int]:
    """The column that is said at a place, and where its words end."""
    best: tuple[Column | None, int] = (None, start)
    for column in columns:
        for span in question.find(column.names, turned=False):
            if span.start == start and span.end > best[1]:
                best = (column, span.end)
    return best
