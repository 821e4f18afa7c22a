"""How rows are sorted: by what (`order-column`) and in which direction (`direction`).

`List the names in descending order of age.` becomes `… in order of age.` or `… in descending order.`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query, ordered
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

DIRECTION, COLUMN = "direction", "order-column"
_WAY = r"(?:ascending(?:ly)?|descending(?:ly)?|increasing|decreasing)"
_ENDS = r"(?:high|highest|low|lowest|old|oldest|young|youngest|large|largest|small|smallest|most|least|new|newest)"
_FROM_TO = re.compile(
    rf",?\s*\bfrom\s+(?:the\s+)?{_ENDS}\s+to\s+(?:the\s+)?{_ENDS}\b(?=\s*(?:[,.;?]|$)|\s+(?:and|by)\b)", re.IGNORECASE
)
_IN_ORDER = re.compile(rf",?\s*\bin\s+(?:an?\s+)?{_WAY}\s+(?:alphabetical\s+)?order\b", re.IGNORECASE)
_BARE = re.compile(rf",?\s*\b(?:in\s+)?{_WAY}\b", re.IGNORECASE)
_SORTED = re.compile(r"\b(?:sort|sorted|order|ordered|rank|ranked)\b", re.IGNORECASE)
_BY = re.compile(r"\b(?:of|by)\s+(?:(?:the|their|its|his|her)\s+)?(?:(?:number|amount)\s+of\s+)?$", re.IGNORECASE)
_TAIL = re.compile(r"\s+(?:of|that|they|made|in which|have)\b[^,.?]*", re.IGNORECASE)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The ORDER BY of a query that shows all rows."""
    select = query.select
    order = select.args.get("order") if select else None
    if select is None or order is None or select.args.get("limit") is not None or len(order.expressions) != 1:
        return
    node = order.expressions[0]
    yield _direction(query, question, node)
    column = query.column(node.this) if isinstance(node.this, exp.Column) else None
    if column is not None:
        yield _order_column(query, question, node, column)


def _direction(query: Query, question: Question, node: exp.Ordered) -> Element | Unworded:
    text = question.text
    match = _FROM_TO.search(text) or _IN_ORDER.search(text) or _BARE.search(text)
    if match is None:
        return Unworded(DIRECTION, "not worded in the question", node.sql())
    after = text[match.end() :]
    keep = re.match(r"\s+of\b", after) or not _SORTED.search(text[: match.start()] + after)
    replacement = "in order" if keep and "order" in match.group() else ""
    if replacement and re.match(r"\s+by\b", after):
        replacement = "ordered"
    comma = match.group().startswith(",") and (replacement or re.match(r"\s*\w", after))
    span = Span(match.start() + (1 if comma else 0), match.end())
    said = match.group().strip(" ,").lower()
    spoken = said if " " in said else f"in {said.removesuffix('ly')} order"
    down, up = ("in descending order", "in ascending order")
    descending = bool(node.args.get("desc"))
    return Element(
        family="presentation",
        operator=DIRECTION,
        places=(query.place(node),),
        edits=(Edit.of(text, span, replacement),),
        said=down if descending else up,
        asked=("In which direction should I sort them?", "Which should come first, the lowest or the highest?"),
        offered=("Should they be {options}?", "Do you want them {options}?"),
        replies=(f"{spoken.capitalize()}.", f"{spoken.capitalize()}, please."),
        readings=lambda _: [Reading(up if descending else down, (ordered(node.this, descending=not descending),))],
    )


def _order_column(query: Query, question: Question, node: exp.Ordered, column: Column) -> Element | Unworded:
    text = question.text
    if _FROM_TO.search(text):
        return Unworded(COLUMN, "other words tell it", node.sql())
    for span in reversed(question.find(column.names)):
        by = _BY.search(text[: span.start])
        bare = re.search(rf"\bby\s+{_WAY}\s+$", text[: span.start], re.IGNORECASE)
        start = by.start() if by else bare.start() if bare else None
        before = text[:start]
        if start is None or not re.search(rf"\b(?:order|ordered|sort|sorted|{_WAY})\b[^,.?]*$", before, re.IGNORECASE):
            continue
        tail = _TAIL.match(text, span.end)
        end = tail.end() if tail else span.end
        if re.search(r"(?:^|[.?]\s+)\w+\s*$", before):  # "Order by name." is a sentence of its own
            continue
        way = re.search(_WAY, text[start : span.start], re.IGNORECASE) if bare else None
        replacement = f"in {way.group()} order" if way else ""
        told = re.search(r"\bordered\s+$", before)
        if told and not re.match(rf"\s+in\s+{_WAY}", text[end:]):
            start, replacement = told.start(), replacement or "sorted"
        article = re.search(r"\bthe\s+order\s+$", before)
        if article:
            start, replacement = article.start(), "order"
        said = re.sub(rf"^(?:ordered\s+)?(?:of|by)\s+(?:{_WAY}\s+)?", "", text[start:end], flags=re.IGNORECASE)
        return _by(query, node, column, Edit.of(text, Span(start, end), replacement), said)
    return Unworded(COLUMN, "not worded in the question", node.sql())


def _by(query: Query, node: exp.Ordered, column: Column, edit: Edit, said: str) -> Element:
    return Element(
        family="presentation",
        operator=COLUMN,
        places=(query.place(node.this),),
        edits=(edit,),
        said=column.short,
        asked=("What should I sort them by?", "By what should they be sorted?"),
        offered=("What should I sort them by: {options}?",),
        replies=(f"By {said}.", f"By {said}, please.", f"Sort them by {said}."),
        readings=lambda _: _others(query, node.this),
    )


def _others(query: Query, node: exp.Column) -> Iterable[Reading]:
    return [Reading(column.short, (other,)) for other, column in query.beside(node) if not column.coded]
