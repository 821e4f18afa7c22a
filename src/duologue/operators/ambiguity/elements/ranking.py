"""What makes the first one the first: `the stadium with the highest capacity` becomes `the top stadium`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query, ordered
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

NAME = "ranking"
_MOST = r"(?:(?:the\s+)?(?:highest|lowest|largest|smallest|greatest|fewest|most|least|biggest|maximum|minimum|oldest))"
_HAS = r"(?:with|(?:that|who|which)\s+(?:has|have|had|got|sells|received|owns)|having)"
_ADJECTIVE = re.compile(
    r"\bthe\s+(?P<said>youngest|oldest|largest|smallest|biggest|heaviest|lightest|tallest|shortest|cheapest"
    r"|newest|longest|fastest|slowest|most\s+expensive)\s+(?!amount|number|sum|total|share)(?=\w)",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    rf"\bthe\s+(?P<noun>(?:(?!of\b|the\b)[a-z]+\s+){{1,3}}?)(?P<said>{_HAS}\s+{_MOST}\b[^,.?\d]*?)"
    r"(?=\s*(?:[,.?]|$|\b(?:have|has|do|does)\b))",
    re.IGNORECASE,
)
_WHICH = re.compile(
    rf"^which\s+(?P<noun>(?:[a-z]+\s+){{1,3}}?)(?P<said>(?:has|have|had)\s+{_MOST}\b[^,.?]*?)(?=\s*[,.?])",
    re.IGNORECASE,
)


_MORE = re.compile(r"\s(?:and|who|that|which|where)\s", re.IGNORECASE)
"""What begins something else that is said of the first one."""
_LOW = re.compile(
    r"\b(?:lowest|smallest|fewest|least|minimum|youngest|newest|cheapest|shortest|lightest|slowest)\b", re.I
)


class _Found(NamedTuple):
    edits: tuple[Edit, ...]
    reply: str


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The ORDER BY of a query that shows only the first row."""
    select = query.select
    order, limit = (select.args.get("order"), select.args.get("limit")) if select else (None, None)
    if order is None or limit is None or len(order.expressions) != 1 or limit.expression.sql() != "1":
        return
    node = order.expressions[0]
    column = query.column(node.this) if isinstance(node.this, exp.Column) else None
    found = _worded(question, column)
    if found is None:
        yield Unworded(NAME, "not worded in the question", node.sql())
        return
    yield Element(
        family="presentation",
        operator=NAME,
        places=(query.place(node),),
        edits=found.edits,
        said=_measure(node, column),
        asked=("What decides which one it is?", "In which respect?", "By what should I choose it?"),
        offered=("By what should I choose it: {options}?", "What decides which one comes first: {options}?")
        if column
        else (),
        replies=(f"{found.reply}.", f"I mean {found.reply[0].lower()}{found.reply[1:]}."),
        readings=lambda _: _others(query, node),
    )


def _worded(question: Question, column: Column | None) -> _Found | None:
    text = question.text
    which = _WHICH.search(text)
    if which:
        span = Span(*which.span("said"))
        words = ("the first",) if _LOW.search(which["said"]) else ("the best", "the top one", "number one")
        return _Found(tuple(Edit.of(text, span, f"is {word}") for word in words), f"The one that {which['said']}")
    phrase = _PHRASE.search(text)
    if phrase and phrase["noun"].strip() != "one" and not _MORE.search(phrase["said"]):
        span = Span(phrase.start("noun"), phrase.end("said"))
        noun = phrase["noun"].strip()
        words = ("first",) if _LOW.search(phrase["said"]) else ("top", "best", "number one")
        return _Found(tuple(Edit.of(text, span, f"{word} {noun}") for word in words), f"The one {phrase['said']}")
    adjectives = list(_ADJECTIVE.finditer(text))
    measures = {span.start for span in question.find(column.names)} if column else set()
    if len(adjectives) == 1 and column and adjectives[0].end() not in measures:
        span = Span(*adjectives[0].span("said"))
        words = ("first",) if _LOW.search(adjectives[0]["said"]) else ("first", "top", "number one")
        return _Found(tuple(Edit.of(text, span, word) for word in words), f"The {adjectives[0]['said'].lower()} one")
    return None


def _measure(node: exp.Ordered, column: Column | None) -> str:
    descending = node.args.get("desc")
    if column is None:
        return "the most" if descending else "the fewest"
    return f"the {'highest' if descending else 'lowest'} {column.short}"


def _others(query: Query, node: exp.Ordered) -> Iterable[Reading]:
    """The other direction, and other numbers of the same table in both."""
    column = query.column(node.this) if isinstance(node.this, exp.Column) else None
    other = ordered(node.this, descending=not node.args.get("desc"))
    yield Reading(_measure(other, column), (other,))
    if isinstance(node.this, exp.Column):
        for key, beside in query.beside(node.this):
            if beside.numeric and not beside.coded and not re.fullmatch(_MOST, beside.short):
                for descending in (True, False):
                    first = ordered(key, descending=descending)
                    yield Reading(_measure(first, beside), (first,))
