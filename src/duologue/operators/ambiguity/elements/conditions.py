"""The conditions of a query that compare a column, or a number of rows, with one value.

`WHERE age > 20` and `HAVING count(*) >= 2`, at any depth. What compares one column with one value in several places
(the two sides of an INTERSECT) is one condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from duologue.operators.ambiguity.element import Value
from duologue.operators.ambiguity.query import Query
from duologue.operators.ambiguity.schema import Column

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like)
_MORE, _LESS = (exp.GT, exp.GTE), (exp.LT, exp.LTE)


@dataclass(frozen=True)
class Condition:
    """A comparison with a value.

    Attributes:
        value: as it stands in the query, a LIKE pattern without its `%`.
        node: the comparison.
        literals: the value's nodes.
        column: what is compared; None where rows are counted.
        key: that column's node.
    """

    value: str
    node: exp.Binary
    literals: tuple[exp.Literal, ...]
    column: Column | None
    key: exp.Column | None

    @property
    def more(self) -> bool:
        """Whether more than the value is asked for."""
        return isinstance(self.node, _MORE)

    @property
    def less(self) -> bool:
        """Whether less than the value is asked for."""
        return isinstance(self.node, _LESS)

    @property
    def like(self) -> bool:
        """Whether it is a part of a text."""
        return isinstance(self.node, exp.Like)

    def literal(self, value: Value) -> exp.Expr:
        """Another value as it would stand there."""
        if self.like:
            return exp.Literal.string(f"%{value}%")
        return exp.Literal.string(str(value)) if self.literals[0].is_string else exp.Literal.number(value)


def conditions(query: Query) -> Iterator[Condition]:
    """Every condition of a query, in order."""
    found: dict[tuple[Column | None, str], list[tuple[exp.Binary, exp.Literal, exp.Column | None]]] = {}
    for node in query.tree.find_all(*_COMPARISONS):
        key, literal = node.this, node.expression
        if not isinstance(literal, exp.Literal):
            continue
        column = query.column(key) if isinstance(key, exp.Column) else None
        counted = isinstance(key, exp.Count)
        if column is None and not counted:
            continue
        value = literal.this.strip("%") if isinstance(node, exp.Like) else literal.this
        found.setdefault((column, value), []).append((node, literal, key if column else None))
    for (column, value), places in found.items():
        node, _, key = places[0]
        yield Condition(value, node, tuple(literal for _, literal, _ in places), column, key)
