"""A gold query as a syntax tree from which nodes are taken and into which others are put.

>>> query = Query.parse("SELECT name FROM singer WHERE age > 20", schema)
>>> place = query.place(query.tree.find(exp.Literal))
>>> query.fill((place,), (exp.Literal.number(40),)).sql("sqlite")
'SELECT name FROM singer WHERE age > 40'

Filling in what was taken away gives the query back.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from duologue.operators.ambiguity.schema import Column, Schema, Table

SQLITE = "sqlite"


class UnreadableQuery(Exception):
    """SQL that cannot be understood; the message says why."""


class Query:
    """A query and the schema that it is about."""

    def __init__(self, tree: exp.Expr, schema: Schema) -> None:
        """Take a tree; `parse` makes one of SQL."""
        self.tree = tree
        self.schema = schema
        self._nodes = list(tree.walk())
        self._places = {id(node): place for place, node in enumerate(self._nodes)}
        self._sources = _sources(tree, schema)

    @classmethod
    def parse(cls, sql: str, schema: Schema) -> Query:
        """Parse SQL as SQLite does: what stands in double quotes and is no column is a string.

        Raises:
            UnreadableQuery: it is no single query.
        """
        try:
            trees = [tree for tree in sqlglot.parse(sql, read=SQLITE) if tree is not None]
        except SqlglotError as error:
            raise UnreadableQuery(str(error).splitlines()[0]) from None
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            raise UnreadableQuery("not one query")
        tree = trees[0]
        known = {column.name.lower() for column in schema.columns}
        for column in list(tree.find_all(exp.Column)):
            if not column.table and column.this.args.get("quoted") and column.name.lower() not in known:
                column.replace(exp.Literal.string(column.name))
        try:
            return cls(tree, schema)
        except SqlglotError as error:
            raise UnreadableQuery(str(error).splitlines()[0]) from None

    @property
    def select(self) -> exp.Select | None:
        """The outermost SELECT, where it is no union, intersection or difference."""
        return self.tree if isinstance(self.tree, exp.Select) else None

    @property
    def ordered(self) -> bool:
        """Whether the order of the rows means something."""
        return self.tree.args.get("order") is not None

    def place(self, node: exp.Expr) -> int:
        """Where a node stands."""
        return self._places[id(node)]

    def nodes(self, places: Sequence[int]) -> list[exp.Expr]:
        """The nodes that stand there."""
        return [self._nodes[place] for place in places]

    def fill(self, places: Sequence[int], nodes: Sequence[exp.Expr | None]) -> exp.Expr:
        """A copy with other nodes at these places; None leaves a place out."""
        copy = self.tree.copy()
        there = list(copy.walk())
        for place, node in zip(places, nodes, strict=True):
            if node is None:
                there[place].pop()
            else:
                there[place].replace(node.copy())
        return copy

    def remove(self, places: Sequence[int]) -> exp.Expr:
        """A copy with holes (`?`) at these places."""
        return self.fill(places, [exp.Placeholder() for _ in places])

    def column(self, node: exp.Column) -> Column | None:
        """The column of the schema that a node means."""
        select = node.find_ancestor(exp.Select)
        sources = self._sources.get(id(select), [])
        for alias, table in sources:
            if not node.table or node.table.lower() in (alias.lower(), table.name.lower()):
                found = self.schema.column(table.name, node.name)
                if found:
                    return found
        return None

    def beside(self, node: exp.Column) -> list[tuple[exp.Column, Column]]:
        """The other columns of the table that a column's node belongs to, as nodes that may stand in its place."""
        column = self.column(node)
        table = self.schema.table(column.table) if column else None
        if table is None:
            return []
        return [
            (exp.column(each.name, table=node.args.get("table"), quoted=not each.name.isidentifier()), each)
            for each in table.columns
            if each != column
        ]


def _sources(tree: exp.Expr, schema: Schema) -> dict[int, list[tuple[str, Table]]]:
    """Of each SELECT the tables that it reads, by alias."""
    found: dict[int, list[tuple[str, Table]]] = {}
    for scope in traverse_scope(tree):
        tables = (
            (alias, schema.table(source.name))
            for alias, source in scope.sources.items()
            if isinstance(source, exp.Table)
        )
        found[id(scope.expression)] = [(alias, table) for alias, table in tables if table]
    return found


def ordered(key: exp.Expr, *, descending: bool) -> exp.Ordered:
    """A key of ORDER BY, empty values where SQLite puts them: first, or last in descending order."""
    return exp.Ordered(this=key.copy(), desc=descending, nulls_first=not descending)


def sql(tree: exp.Expr) -> str:
    """A tree as SQLite's SQL."""
    return tree.sql(dialect=SQLITE)
