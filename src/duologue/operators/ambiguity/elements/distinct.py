"""Whether what repeats is repeated: `List the different countries of the singers.` loses `different`.

In a count it says nothing: `How many countries?` is understood as `How many different countries?`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.words import Question, Span

NAME = "distinct"
_WORD = re.compile(r"\b(?:different|distinct|distinctive|unique)\b", re.IGNORECASE)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The DISTINCT of the outermost SELECT."""
    node = query.select.args.get("distinct") if query.select else None
    if query.select is None or not isinstance(node, exp.Distinct):
        return
    found = list(_WORD.finditer(question.text))
    if len(found) != 1:
        reason = "not worded in the question" if not found else "worded twice in the question"
        yield Unworded(NAME, reason, query.select.sql())
        return
    once, often = "list each one only once", "list repeated ones every time"
    yield Element(
        family="presentation",
        operator=NAME,
        places=(query.place(node),),
        edits=(Edit.of(question.text, Span(*found[0].span())),),
        said=once,
        asked=(f"Some of them occur more than once. Should I {often}?",),
        offered=("Some of them occur more than once. Should I {options}?", "Shall I {options}?"),
        replies=(
            f"Only the {found[0].group().lower()} ones.",
            f"{once[0].upper()}{once[1:]}.",
            f"Just the {found[0].group().lower()} ones, please.",
        ),
        readings=lambda _: [Reading(often, (None,))],
    )
