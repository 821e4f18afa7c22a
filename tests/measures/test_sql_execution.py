"""Queries that models write: run without harm whatever they say, compared as Spider's test suite does."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from contextlib import closing
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.errors import InputError
from duologue.measures.sql_execution import (
    Failed,
    Limits,
    QueryFailure,
    Rows,
    UnusableGold,
    execution_match,
    is_ordered,
    run,
)
from duologue.measures.sql_results import same_result

QUICK = Limits(seconds=0.2, rows=1000)
COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Pets in a file whose name a URI would take apart."""
    file = tmp_path / "my pets?#1.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE pets (id INT, name TEXT, kind TEXT, weight REAL)")
        pets = [(n, f"pet {n}", ("cat", "dog")[n % 2], n / 10) for n in range(300)]
        connection.executemany("INSERT INTO pets VALUES (?, ?, ?, ?)", pets)
        connection.commit()
    return file


HOSTILE: list[tuple[str, QueryFailure]] = [
    ("ATTACH DATABASE '/tmp/other.sqlite' AS other", "tries to write"),
    ("DETACH DATABASE main", "tries to write"),
    ("PRAGMA writable_schema = 1", "tries to write"),
    ("PRAGMA journal_mode = WAL", "tries to write"),
    ("PRAGMA table_info(pets)", "tries to write"),
    ("INSERT INTO pets VALUES (1, 'x', 'cat', 2)", "tries to write"),
    ("REPLACE INTO pets VALUES (1, 'x', 'cat', 2)", "tries to write"),
    ("UPDATE pets SET name = ''", "tries to write"),
    ("WITH few AS (SELECT 1) DELETE FROM pets", "tries to write"),
    ("DROP TABLE pets", "tries to write"),
    ("ALTER TABLE pets ADD COLUMN owner TEXT", "tries to write"),
    ("CREATE TABLE mine (id INT)", "tries to write"),
    ("CREATE TEMP TABLE mine AS SELECT * FROM pets", "tries to write"),
    ("CREATE INDEX mine ON pets (id)", "tries to write"),
    ("VACUUM", "tries to write"),
    ("VACUUM INTO '/tmp/copy.sqlite'", "tries to write"),
    ("ANALYZE", "tries to write"),
    ("BEGIN EXCLUSIVE", "tries to write"),
    ("SAVEPOINT here", "tries to write"),
    ("SELECT load_extension('evil')", "tries to write"),
    ("SELECT fts3_tokenizer('simple')", "tries to write"),
    (f"{COUNTING} SELECT count(*) FROM n", "runs too long"),
    ("SELECT count(*) FROM pets a, pets b, pets c, pets d", "runs too long"),
    ("SELECT a.id FROM pets a, pets b, pets c ORDER BY random()", "runs too long"),
    (f"{COUNTING} SELECT i FROM n", "too many rows"),
    ("SELECT * FROM pets a, pets b", "too many rows"),
    ("SELECT printf('%.*c', 99000, 'x') || a.id FROM pets a, pets b, pets c ORDER BY 1", "takes too much memory"),
    ("SELECT printf('%.*c', 99000, 'x') || a.id FROM pets a, pets b", "takes too much memory"),
    ("SELECT printf('%.*c', 90000, 'a') LIKE '%' || printf('%.*c', 40000, 'a') || 'b'", "does not run"),
    ("SELECT printf('%.*c', 90000, 'a') GLOB '*' || printf('%.*c', 40000, 'a') || 'b'", "does not run"),
    ("SELECT randomblob(2000000000)", "does not run"),
    ("SELECT instr(hex(zeroblob(900000)), 'b')", "does not run"),
    ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "does not run"),
    ("SELECT nobody FROM pets", "does not run"),
    ("SELECT * FROM nowhere", "does not run"),
    ("SELECT id FROM pets WHERE id = ?", "does not run"),
    ("SELECT id FROM pets; DROP TABLE pets", "does not parse"),
    ("SELEC id FROM pets", "does not parse"),
    ("SELECT id FROM", "does not parse"),
    ("Which pets do you mean?", "does not parse"),
    ("SELECT 'cat\0'", "does not parse"),
    ("-- nothing", "does not parse"),
    ("   ", "does not parse"),
]


@pytest.mark.parametrize(("query", "kind"), HOSTILE)
def test_whatever_a_query_tries_it_fails_by_its_kind_and_changes_no_byte(
    database: Path, query: str, kind: QueryFailure
) -> None:
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    result = run(query, database, QUICK if kind == "runs too long" else Limits(seconds=30, rows=1000))
    assert isinstance(result, Failed)
    assert result.kind == kind
    assert result.detail
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert [file.name for file in database.parent.iterdir()] == [database.name]


def test_after_a_query_without_end_the_next_one_runs(database: Path) -> None:
    greedy = "SELECT count(*) FROM (SELECT printf('%.*c', 99000, 'x') || a.id FROM pets a, pets b, pets c ORDER BY 1)"
    assert isinstance(run(greedy, database), Failed)
    assert run("SELECT name FROM pets ORDER BY id DESC LIMIT 1", database) == Rows(("name",), [("pet 299",)])


def test_a_file_that_nobody_may_write_is_read(database: Path) -> None:
    database.chmod(0o444)
    database.parent.chmod(0o555)
    try:
        assert run("SELECT count(*) AS n FROM pets;", database) == Rows(("n",), [(300,)])
    finally:
        database.parent.chmod(0o755)


def test_text_that_is_not_utf8_is_read(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE pets SET name = CAST(x'52E96D79' AS TEXT) WHERE id = 1")
        connection.commit()
    assert run("SELECT name FROM pets WHERE id = 1", database) == Rows(("name",), [("Rmy",)])


@pytest.mark.parametrize(
    ("predicted", "gold", "reason"),
    [
        ("SELECT count(id) FROM pets", "SELECT count(*) FROM pets", "same result"),
        ("SELECT name, id FROM pets", "SELECT id, name FROM pets", "same result"),
        ("SELECT id FROM pets ORDER BY id DESC", "SELECT id FROM pets", "same result"),
        ("SELECT id FROM pets ORDER BY id DESC", "SELECT id FROM pets ORDER BY id", "other result"),
        ("SELECT id FROM pets", "SELECT id FROM pets ORDER BY id", "same result"),
        ("SELECT kind FROM pets", "SELECT DISTINCT kind FROM pets", "other result"),
        ("SELECT id, id FROM pets", "SELECT id FROM pets", "other result"),
        ("SELECT id FROM pets WHERE id < 0", "SELECT name FROM pets WHERE id > 999", "same result"),
        ("SELECT 1", "SELECT 1.0", "same result"),
        ("SELECT 12345678901", "SELECT 12345678901.0", "same result"),
        ("SELECT 12345678901", "SELECT 12345678902.0", "other result"),
        ("SELECT 9e999", "SELECT 1e300", "other result"),
        ("SELECT '1'", "SELECT 1", "other result"),
        ("SELECT 'Cat'", "SELECT 'cat'", "other result"),
        ("SELECT NULL", "SELECT 0", "other result"),
        (
            "SELECT sum(weight) FROM (SELECT * FROM pets ORDER BY id DESC)",
            "SELECT sum(weight) FROM pets",
            "same result",
        ),
        ("Here it is:\n```sql\nSELECT count(id) FROM pets\n```\nDone.", "SELECT count(*) FROM pets", "same result"),
        ("DROP TABLE pets", "SELECT count(*) FROM pets", "tries to write"),
        ("SELECT", "SELECT count(*) FROM pets", "does not parse"),
    ],
)
def test_a_verdict_has_its_reason(database: Path, predicted: str, gold: str, reason: str) -> None:
    verdict = execution_match(predicted, gold, database)
    assert (verdict.matches, verdict.reason) == (reason == "same result", reason)


def test_a_gold_query_without_a_result_is_told_apart(database: Path) -> None:
    with pytest.raises(UnusableGold, match="the gold query does not run") as error:
        execution_match("SELECT 1", "SELECT age FROM pets", database)
    assert error.value.failure.kind == "does not run"


def test_a_gold_query_that_cannot_be_taken_apart_is_unusable(database: Path) -> None:
    with pytest.raises(UnusableGold, match="the gold query does not parse"):
        execution_match("SELECT 1", "SELECT 1 /* the first", database)


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t\norder\tby a LIMIT 1", True),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3)", False),
        ("SELECT a FROM t WHERE b = 'ORDER BY a'", False),
        ("SELECT a FROM t -- ORDER BY a", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
    ],
)
def test_only_the_outermost_order_counts(query: str, ordered: bool) -> None:
    assert is_ordered(query) is ordered


VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]), st.sampled_from([0.5, 1.0]))
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[VALUES] * width), min_size=1, max_size=6))


@given(TABLES, st.randoms(use_true_random=False))
def test_shuffled_rows_and_columns_are_the_same_result(table: list[tuple[object, ...]], random: Random) -> None:
    order = list(range(len(table[0])))
    random.shuffle(order)
    other = [tuple(row[column] for column in order) for row in table]
    assert same_result(table, other, ordered=True)
    random.shuffle(other)
    assert same_result(table, other, ordered=False)


@given(TABLES, TABLES)
def test_results_are_the_same_exactly_when_some_order_of_columns_makes_them_so(
    one: list[tuple[object, ...]], other: list[tuple[object, ...]]
) -> None:
    width = len(one[0])
    expected = width == len(other[0]) and any(
        Counter(one) == Counter(tuple(row[column] for column in order) for row in other)
        for order in permutations(range(width))
    )
    assert same_result(one, other, ordered=False) == expected


@pytest.mark.parametrize(
    ("content", "line"), [(None, "no such database"), (b"not a database at all, only text", "no SQLite database")]
)
def test_what_is_no_database_is_told_in_one_line(tmp_path: Path, content: bytes | None, line: str) -> None:
    file = tmp_path / "a.sqlite"
    if content is not None:
        file.write_bytes(content * 100)
    with pytest.raises(InputError, match=line):
        run("SELECT 1", file)


def test_a_database_whose_last_changes_are_in_a_log_is_refused(database: Path) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("DELETE FROM pets")
        writer.commit()
        with pytest.raises(InputError, match="in a -wal file"):
            run("SELECT 1", database)
