"""How many are shown: `List the top 3 singers by sales.` becomes `List the top singers by sales.`"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Reading, Unworded
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.words import NUMBERS, Question

NAME = "limit"
_OTHERS = (3, 5, 10, 2, 1)


def find(query: Query, question: Question) -> Iterator[Element | Unworded]:
    """The number of a LIMIT that is more than one."""
    limit = query.select.args.get("limit") if query.select else None
    node = limit.expression if isinstance(limit, exp.Limit) else None
    if not isinstance(node, exp.Literal) or not node.this.isdigit() or int(node.this) < 2:
        return
    count = int(node.this)
    names = {str(count), NUMBERS[count] if count < len(NUMBERS) else str(count)}
    found = [word for word in question.words if word.text.lower() in names]
    if len(found) != 1:
        reason = "not worded in the question" if not found else "worded twice in the question"
        yield Unworded(NAME, reason, query.select.sql() if query.select else "")
        return
    said = found[0].text
    yield Element(
        family="presentation",
        operator=NAME,
        places=(query.place(node),),
        edits=(Edit.of(question.text, found[0].span),),
        said=said,
        asked=("How many of them should I show?", "How many would you like to see?"),
        offered=(),
        replies=(f"{said.capitalize()}.", f"Show me {said}.", f"I'd like to see {said}."),
        readings=lambda _: [
            Reading(str(number), (exp.Literal.number(number),)) for number in _OTHERS if number != count
        ],
    )
