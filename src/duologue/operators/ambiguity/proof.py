"""The proof that a question is ambiguous: other readings of what was left out run and give other results.

A reading counts when its query runs, its result has rows that are not all empty or nought, and it is neither the gold
query's result nor another reading's (`measures.sql_results`: rows as a multiset, as a list where the gold query orders
them, columns in any order). What is recorded can be checked with sqlite3 alone: the queries, and a hash of each result.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from duologue.measures.sql_execution import Failed, Rows
from duologue.measures.sql_results import same_result
from duologue.operators.ambiguity.database import Database
from duologue.operators.ambiguity.element import Element
from duologue.operators.ambiguity.query import Query, sql
from duologue.operators.gates import Verdict

_TRIED = 40
"""Readings that are tried at most."""


class Alternative(NamedTuple):
    """Another reading, its query, its rows and a hash of its result."""

    said: str
    sql: str
    rows: int
    result: str


class Proof(NamedTuple):
    """The gold query's rows and result, the alternatives, and whether nothing else could be meant."""

    rows: int
    result: str
    alternatives: tuple[Alternative, ...]
    all: bool


def prove(
    query: Query, gold: str, element: Element, database: Database, rng: random.Random, *, most: int
) -> Proof | Verdict:
    """Look for other readings.

    Args:
        query: the gold query.
        gold: the same as the corpus writes it.
        element: what was left out.
        database: where they are run.
        rng: decides which are tried first.
        most: alternatives that are wanted.

    Returns:
        The proof, or the gate that the item failed: `gold-fails`, `gold-empty`, `not-understood` or `one-reading`.
    """
    wanted = database.run(gold)
    if isinstance(wanted, Failed):
        return Verdict("gold-fails", False, f"{wanted.kind}: {wanted.detail}")
    if not _something(wanted):
        return Verdict("gold-empty", False, "the gold query gives nothing to tell readings apart by")
    again = database.run(sql(query.tree))
    if isinstance(again, Failed) or not same_result(wanted.rows, again.rows, ordered=query.ordered):
        return Verdict("not-understood", False, f"parsed, it gives something else: {sql(query.tree)}")
    readings = list(element.readings(database.values))
    rng.shuffle(readings)
    results, found, missed = [wanted], list[Alternative](), Counter[str]()
    for reading in islice(readings, _TRIED):
        text = sql(query.fill(element.places, reading.nodes))
        rows = database.run(text)
        if isinstance(rows, Failed):
            missed["fail"] += 1
        elif not _something(rows):
            missed["give nothing"] += 1
        elif any(same_result(other.rows, rows.rows, ordered=query.ordered) for other in results):
            missed["give the same"] += 1
        else:
            results.append(rows)
            found.append(Alternative(reading.said, text, len(rows.rows), fingerprint(rows.rows, query.ordered)))
            if len(found) > most:
                break
    if not found:
        why = ", ".join(f"{count} {what}" for what, count in sorted(missed.items()))
        return Verdict("one-reading", False, f"of {len(readings)} other readings {why or 'none could be tried'}")
    proven = tuple(found[:most])
    all_of_them = len(readings) <= _TRIED and len(found) <= most and not missed["give the same"]
    return Proof(len(wanted.rows), fingerprint(wanted.rows, query.ordered), proven, all_of_them)


def fingerprint(rows: Sequence[tuple[object, ...]], ordered: bool) -> str:
    """The first 16 hex digits of SHA-256 over the rows as JSON lists, one a line, sorted where order means nothing."""
    lines = [json.dumps(list(row), default=repr) for row in rows]
    return hashlib.sha256("\n".join(lines if ordered else sorted(lines)).encode()).hexdigest()[:16]


def _something(found: Rows) -> bool:
    return any(value not in (None, "", 0) for row in found.rows for value in row)
