"""The forms of query that are asked for, by name; the phrases of `query.NAME` say them.

>>> FORMS["list"].query.format(c="fee", t="boats")
'SELECT fee FROM boats'
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from duologue.corpora.worlds.clarify.databases.schema import ColumnKind

Family = Literal["requested", "population", "presentation"]
_ANY: tuple[ColumnKind, ...] = ("number", "code", "year", "town")


class Form(NamedTuple):
    """A form of query.

    Attributes:
        family: what is left open by it: what is requested, which rows, or how they are presented.
        kinds: the kinds of column it is about.
        query: the SQL, with {t} and {o} for the tables, {k} for their key, {c}, {d} for columns, {v} for the value.
        share: how often.
    """

    family: Family
    kinds: tuple[ColumnKind, ...]
    query: str
    share: float = 1.0


FORMS: dict[str, Form] = {
    "list": Form("requested", _ANY, "SELECT {c} FROM {t}"),
    "one": Form("requested", _ANY, "SELECT {c} FROM {t} WHERE name = {v}"),
    "total": Form("requested", ("number",), "SELECT {agg}({c}) FROM {t}"),
    "joined": Form("requested", _ANY, "SELECT {t}.{c} FROM {t} JOIN {o} ON {t}.{k} = {o}.{k} WHERE {o}.name = {v}"),
    "of_those": Form("requested", ("number",), "SELECT {c} FROM {t} WHERE {d} > {v}", 3.0),
    "above": Form("population", ("number",), "SELECT name FROM {t} WHERE {c} > {v}"),
    "count": Form("population", ("number",), "SELECT COUNT(*) FROM {t} WHERE {c} > {v}"),
    "is": Form("population", ("town",), "SELECT name FROM {t} WHERE {c} = {v}"),
    "how_many": Form("population", ("town",), "SELECT COUNT(*) FROM {t} WHERE {c} = {v}"),
    "across": Form(
        "population",
        ("number",),
        "SELECT DISTINCT {o}.name FROM {o} JOIN {t} ON {o}.{k} = {t}.{k} WHERE {t}.{c} > {v}",
    ),
    "order": Form("presentation", ("number", "year"), "SELECT name FROM {t} ORDER BY {c}", 1.5),
    "best": Form("presentation", ("number",), "SELECT name FROM {t} ORDER BY {c} DESC LIMIT 1", 1.5),
    "best_three": Form("presentation", ("number",), "SELECT name FROM {t} ORDER BY {c} DESC LIMIT 3"),
}
