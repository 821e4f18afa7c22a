"""SQL that a model wrote, run without harm, and whether it gives what the gold query gives.

    verdict = execution_match("SELECT count(*) FROM Pets", "SELECT count(PetID) FROM Pets", "pets_1.sqlite")
    verdict.matches, verdict.reason      # True, "same result"

The database is opened immutable, an authorizer allows nothing but reading, and time, memory and rows are limited: no
query can change the file, reach another one, load code or run forever. What a query cannot do is a `Failed` with its
kind, never an exception (functions that give a table, such as json_each, are refused, too: SQLite takes them for a
change of the schema). Order counts only where the gold query's outermost level has ORDER BY (rows that tie there
must be in the gold's order, too); see `sql_results` for the rest of the comparison.
"""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from duologue.corpora.sqlite_files import read_only
from duologue.errors import InputError
from duologue.measures.sql_results import Row, same_result

QueryFailure: TypeAlias = Literal[
    "does not parse", "does not run", "runs too long", "takes too much memory", "tries to write", "too many rows"
]
"""What is wrong with a query; `tries to write` is all that is more than reading this database."""

Reason: TypeAlias = Literal["same result", "other result"] | QueryFailure

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_REACHING_OUT = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})
_UNPARSED = re.compile(r"syntax error|incomplete input|unrecognized token|one statement at a time|null character")
_FENCED = re.compile(r"```(?:sql|sqlite)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_STEPS = 200
"""Instructions of SQLite's machine between two looks at the clock."""
_LARGEST_RESULT = 50_000_000
"""Bytes of all texts and blobs of a result."""
_HEAP = 256 * 1024 * 1024
"""Bytes that SQLite may have, sorting included. The limit is one for the process and stays: SQLite knows no other. What
else uses SQLite here (the ledger) takes a few megabytes. On disk, where sorting goes by default, one query can fill
gigabytes, and merging them is not interrupted by any limit of time."""
_LONGEST_PATTERN = 1_000
"""Bytes of a pattern of LIKE or GLOB, which take the product of its length and the text's, also without a look at the
clock."""
_LARGEST_VALUE = 100_000
"""Bytes of one text or blob, and of a query. SQLite searches a text in quadratic time and does not look at the clock
meanwhile: at a million bytes one `instr` takes minutes."""


class Limits(NamedTuple):
    """What a query may take.

    Attributes:
        seconds: of processor time.
        rows: of its result.
    """

    seconds: float = 5.0
    rows: int = 10_000


class Rows(NamedTuple):
    """The result of a query: names of columns, and rows of as many values."""

    columns: tuple[str, ...]
    rows: list[Row]


class Failed(NamedTuple):
    """A query without a result: the kind of failure, and what SQLite said."""

    kind: QueryFailure
    detail: str


class Verdict(NamedTuple):
    """Whether a query gives what the gold query gives, why (not), and for a failure what SQLite said."""

    matches: bool
    reason: Reason
    detail: str = ""


class UnusableGold(InputError):
    """A gold query that itself has no result; `failure` says why."""

    def __init__(self, failure: Failed, database: str | Path) -> None:
        self.failure = failure
        what = f"the gold query {failure.kind} ({failure.detail})"
        super().__init__(what, where=str(database), mend="leave this question out, or raise the limits")


def run(query: str, database: str | Path, limits: Limits | None = None) -> Rows | Failed:
    """Run one query on a database file, reading only.

    Raises:
        InputError: the database cannot be read.
    """
    limits = limits or Limits()
    if not query.strip():
        return Failed("does not parse", "it is empty")
    refused: list[str] = []
    until = time.thread_time() + limits.seconds
    with read_only(database) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA hard_heap_limit = {_HEAP}")
        for limit in (sqlite3.SQLITE_LIMIT_LENGTH, sqlite3.SQLITE_LIMIT_SQL_LENGTH):
            connection.setlimit(limit, _LARGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(lambda action, one, two, *_: _allowed(action, one, two, refused))
        connection.set_progress_handler(lambda: time.thread_time() > until, _STEPS)
        try:
            cursor = connection.execute(query)
            rows = _fetched(cursor, limits.rows + 1)
        except MemoryError:
            return Failed("takes too much memory", f"more than {_HEAP // 1024**2} MiB")
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            return _failed(str(error), refused, limits)
        if cursor.description is None:
            return Failed("does not parse", "it holds no query")
    if rows is None:
        return Failed("takes too much memory", f"a result of more than {_LARGEST_RESULT:,} bytes")
    if len(rows) > limits.rows:
        return Failed("too many rows", f"more than {limits.rows:,}")
    return Rows(tuple(column[0] for column in cursor.description), rows)


def execution_match(predicted: str, gold: str, database: str | Path, limits: Limits | None = None) -> Verdict:
    """Whether a query gives the same result as the gold one (execution accuracy; 1 or 0).

    Args:
        predicted: the query, bare or in a fenced block.
        gold: the gold query.
        database: an SQLite file.
        limits: what each of the two may take.

    Raises:
        UnusableGold: the gold query has no result, or it cannot be told whether its order counts.
        InputError: the database cannot be read.
    """
    from sqlglot.errors import TokenError

    wanted = run(gold, database, limits)
    if isinstance(wanted, Failed):
        raise UnusableGold(wanted, database)
    try:
        ordered = is_ordered(gold)
    except TokenError as error:
        raise UnusableGold(Failed("does not parse", str(error)), database) from None
    found = run(query_in(predicted), database, limits)
    if isinstance(found, Failed):
        return Verdict(False, found.kind, found.detail)
    same = same_result(wanted.rows, found.rows, ordered=ordered)
    return Verdict(same, "same result" if same else "other result")


def query_in(reply: str) -> str:
    """The query in a model's reply: what stands in its first fenced block, else all of it."""
    fenced = _FENCED.search(reply)
    return (fenced.group(1) if fenced else reply).strip()


def is_ordered(query: str) -> bool:
    """Whether the outermost level of a query has ORDER BY; one in a subquery does not order the result.

    Raises:
        sqlglot.errors.TokenError: SQLite takes what cannot be taken apart here, such as a comment that does not end.
    """
    from sqlglot import TokenType, tokenize

    depth = 0
    for token in tokenize(query, read="sqlite"):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.ORDER_BY and not depth:
            return True
    return False


def _fetched(cursor: sqlite3.Cursor, most: int) -> list[Row] | None:
    """At most so many rows; None where their texts and blobs are too large together."""
    rows: list[Row] = []
    size = 0
    for row in cursor:
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if size > _LARGEST_RESULT:
            return None
        rows.append(row)
        if len(rows) == most:
            break
    return rows


def _allowed(action: int, one: str | None, two: str | None, refused: list[str]) -> int:
    """SQLite's authorizer: what is not reading is refused, and remembered."""
    if action in _READING and not (action == sqlite3.SQLITE_FUNCTION and two in _REACHING_OUT):
        return sqlite3.SQLITE_OK
    refused.append(" ".join([_NAMES.get(action, f"action {action}"), *filter(None, (one, two))]))
    return sqlite3.SQLITE_DENY


def _failed(said: str, refused: list[str], limits: Limits) -> Failed:
    if refused:
        return Failed("tries to write", f"{refused[0]} is not allowed")
    if said == "interrupted":
        return Failed("runs too long", f"more than {limits.seconds:g} seconds")
    return Failed("does not parse" if _UNPARSED.search(said) else "does not run", said)


_NAMES = {
    code: name.removeprefix("SQLITE_").replace("_", " ").lower()
    for name in (
        "SQLITE_ALTER_TABLE", "SQLITE_ANALYZE", "SQLITE_ATTACH", "SQLITE_CREATE_INDEX", "SQLITE_CREATE_TABLE",
        "SQLITE_CREATE_TEMP_TABLE", "SQLITE_CREATE_TEMP_VIEW", "SQLITE_CREATE_TRIGGER", "SQLITE_CREATE_VIEW",
        "SQLITE_CREATE_VTABLE", "SQLITE_DELETE", "SQLITE_DETACH", "SQLITE_DROP_TABLE", "SQLITE_DROP_VIEW",
        "SQLITE_FUNCTION", "SQLITE_INSERT", "SQLITE_PRAGMA", "SQLITE_REINDEX", "SQLITE_SAVEPOINT",
        "SQLITE_TRANSACTION", "SQLITE_UPDATE",
    )
    for code in (getattr(sqlite3, name),)
}  # fmt: skip
"""What SQLite calls the actions that are refused."""
