"""In which direction rows are sorted: `the names in descending order of age` becomes `the names in order of age`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query, ordered
from duologue.operators.ambiguity.words import Question, Span

NAME = "direction"
WAY = r"(?:ascending(?:ly)?|descending(?:ly)?|increasing|decreasing)"
_ENDS = r"(?:high|highest|low|lowest|old|oldest|young|youngest|large|largest|small|smallest|most|least|new|newest)"
FROM_TO = re.compile(
    rf",?\s*\bfrom\s+(?:the\s+)?{_ENDS}\s+to\s+(?:the\s+)?{_ENDS}\b(?=\s*(?:[,.;?]|$)|\s+(?:and|by)\b)", re.IGNORECASE
)
_IN_ORDER = re.compile(rf",?\s*\bin\s+(?:an?\s+)?{WAY}\s+(?:alphabetical\s+)?order\b", re.IGNORECASE)
_BARE = re.compile(rf",?\s*\b(?:in\s+)?{WAY}\b", re.IGNORECASE)
_SORTED = re.compile(r"\b(?:sort|sorted|order|ordered|rank|ranked)\b", re.IGNORECASE)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The ORDER BY of a query that shows all rows."""
    select = query.select
    order = select.args.get("order") if select else None
    if select is None or order is None or select.args.get("limit") is not None or len(order.expressions) != 1:
        return
    yield _direction(query, question, order.expressions[0])


def _direction(query: Query, question: Question, node: exp.Ordered) -> Element | Unworded:
    text = question.text
    match = FROM_TO.search(text) or _IN_ORDER.search(text) or _BARE.search(text)
    if match is None:
        return Unworded(NAME, "not worded in the question", node.sql())
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
        operator=NAME,
        places=(query.place(node),),
        edits=(Edit.of(text, span, replacement),),
        said=down if descending else up,
        asked=("In which direction should I sort them?", "Which should come first, the lowest or the highest?"),
        offered=("Should they be {options}?", "Do you want them {options}?"),
        replies=(f"{spoken.capitalize()}.", f"{spoken.capitalize()}, please."),
        readings=lambda _: [Reading(up if descending else down, (ordered(node.this, descending=not descending),))],
    )
