"""What rows are sorted by: `names and countries in descending order of age` becomes `… in descending order`.

Of names alone `in descending order` would be understood as that of the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.elements.direction import FROM_TO, WAY
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

NAME = "order-column"
_BY = re.compile(
    rf"\b(?:of|by)\s+(?:(?:the|their|its|his|her)\s+)?(?:(?:number|amount)\s+of\s+|(?P<way>{WAY})\s+)?$", re.IGNORECASE
)
_TAIL = re.compile(r"\s+(?:of|that|they|made|in which|have)\b[^,.?]*", re.IGNORECASE)
_SORTED = re.compile(rf"\b(?:order|ordered|sort|sorted|{WAY})\b[^,.?]*$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:^|[.?]\s+)\w+\s*$")


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The column in the ORDER BY of a query that shows all rows."""
    select = query.select
    order = select.args.get("order") if select else None
    if select is None or order is None or select.args.get("limit") is not None or len(order.expressions) != 1:
        return
    key = order.expressions[0].this
    column = query.column(key) if isinstance(key, exp.Column) else None
    if column is None:
        return
    if len(select.expressions) < 2:
        yield Unworded(NAME, "the only column would be taken for it", key.sql())
        return
    if FROM_TO.search(question.text):
        yield Unworded(NAME, "other words tell it", key.sql())
        return
    found = _worded(question, column)
    if found is None:
        yield Unworded(NAME, "not worded in the question", key.sql())
        return
    said, edit = found
    yield Element(
        family="presentation",
        operator=NAME,
        places=(query.place(key),),
        edits=(edit,),
        said=column.short,
        asked=("What should I sort them by?", "By what should they be sorted?"),
        offered=("What should I sort them by: {options}?",),
        replies=(f"By {said}.", f"By {said}, please.", f"Sort them by {said}."),
        readings=lambda _: _others(query, key),
    )


def _worded(question: Question, column: Column) -> tuple[str, Edit] | None:
    """What it is called in the question, and how it is taken out."""
    text = question.text
    for span in reversed(question.find(column.names)):
        by = _BY.search(text[: span.start])
        before = text[: by.start()] if by else ""
        if by is None or not _SORTED.search(before) or _SENTENCE.search(before):  # "Order by name." is a sentence
            continue
        tail = _TAIL.match(text, span.end)
        end = tail.end() if tail else span.end
        start, instead = _instead(before, text[end:], by["way"])
        start = by.start() if start is None else start
        said = text[by.end("way") if by["way"] else by.start() : end]
        return re.sub(r"^(?:of|by)\s+", "", said.strip(), flags=re.IGNORECASE), Edit.of(text, Span(start, end), instead)
    return None


def _instead(before: str, after: str, way: str | None) -> tuple[int | None, str]:
    """What is written instead of `by NAME`, and where it begins, where that is earlier.

    `ordered by age` is `sorted`, `ordered by ascending age` is `in ascending order`, `in the order of age` `in order`.
    """
    instead = f"in {way} order" if way else ""
    told = re.search(r"\bordered\s+$", before)
    if told and not re.match(rf"\s+in\s+{WAY}", after):
        return told.start(), instead or "sorted"
    article = re.search(r"\bthe\s+order\s+$", before)
    return (article.start(), "order") if article else (None, instead)


def _others(query: Query, key: exp.Column) -> Iterable[Reading]:
    return [Reading(column.short, (other,)) for other, column in query.beside(key) if not column.coded]
