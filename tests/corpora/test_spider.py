"""Spider: questions to databases, schemas from the file or tables.json, clarifications, written back equal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.corpora.database_schema import ddl, entry_from_schema, schema_from_entry, schema_of
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.dialogue import Dialogue, Grounding, Origin, Problem, Turn, check, derived_id
from duologue.errors import InputError

PETS = """
CREATE TABLE owners (owner_id INTEGER PRIMARY KEY, "home town" TEXT, joined DATE);
CREATE TABLE pets (id INT, owner_id INT REFERENCES owners (owner_id), weight REAL, "from" VARCHAR(20), tame BOOL,
  PRIMARY KEY (id, owner_id));
"""
PETS_DDL = """\
CREATE TABLE owners (owner_id INTEGER, "home town" TEXT, joined DATE, PRIMARY KEY (owner_id));
CREATE TABLE pets (id INT, owner_id INT, weight REAL, "from" VARCHAR(20), tame BOOL, PRIMARY KEY (id, owner_id), \
FOREIGN KEY (owner_id) REFERENCES owners (owner_id));"""
SHOPS_ENTRY: dict[str, Any] = {
    "db_id": "shops",
    "table_names_original": ["shop", "sqlite_sequence"],
    "table_names": ["shop", "sqlite sequence"],
    "column_names_original": [[-1, "*"], [0, "Shop_ID"], [0, "Opened"], [1, "name"]],
    "column_names": [[-1, "*"], [0, "shop id"], [0, "opened"], [1, "name"]],
    "column_types": ["text", "number", "time", "others"],
    "primary_keys": [1],
    "foreign_keys": [],
}
QUESTIONS: list[dict[str, Any]] = [
    {
        "db_id": "pets", "question": "How many pets?", "question_toks": ["How", "many", "pets", "?"],
        "query": "SELECT count(*) FROM pets", "query_toks": ["SELECT"], "query_toks_no_value": ["select"],
        "sql": {"from": {"conds": []}, "limit": None},
    },
    {"db_id": "shops", "question": "How many shops?", "query": "SELECT count(*) FROM shop"},
    {
        "db_id": "pets", "id": "asked-1", "question": "How heavy?", "query": "SELECT max(weight) FROM pets",
        "clarification": [{"question": "All or the heaviest?", "answer": "The heaviest."}],
        "intent": "How heavy is the heaviest pet?",
    },
]  # fmt: skip


@pytest.fixture
def spider(tmp_path: Path) -> Path:
    folder = tmp_path / "spider"
    (folder / "database" / "pets").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "database" / "pets" / "pets.sqlite")) as connection:
        connection.executescript(PETS)
    (folder / "tables.json").write_text(json.dumps([SHOPS_ENTRY]))
    (folder / "dev.json").write_text(json.dumps(QUESTIONS))
    return folder


def test_a_question_is_a_conversation_about_a_database(spider: Path) -> None:
    pets, shops, _ = formats.read(spider / "dev.json", "spider")
    assert (pets.id, pets.grounding) == ("dev-000001", Grounding(database="pets"))
    assert [(turn.speaker, turn.text) for turn in pets.turns] == [
        ("user", "How many pets?"), ("system", "SELECT count(*) FROM pets"),
    ]  # fmt: skip
    assert pets.instruction == PETS_DDL
    assert shops.instruction == "CREATE TABLE shop (Shop_ID NUMERIC, Opened DATETIME, PRIMARY KEY (Shop_ID));"
    assert list(check(pets)) == []
    (one,) = instances([pets])
    assert (one.id, one.action, one.goal, one.goal_type) == (
        "dev-000001-1", "answer", "SELECT count(*) FROM pets", "sql",
    )  # fmt: skip


def test_what_is_asked_back_stands_between_question_and_query(spider: Path) -> None:
    *_, asked = formats.read(spider / "dev.json", "spider")
    assert [turn.text for turn in asked.turns] == [
        "How heavy?", "All or the heaviest?", "The heaviest.", "SELECT max(weight) FROM pets",
    ]  # fmt: skip
    assert [(one.action, one.goal) for one in instances([asked])] == [
        ("clarify", "SELECT max(weight) FROM pets"), ("answer", "SELECT max(weight) FROM pets"),
    ]  # fmt: skip
    assert next(instances([asked])).intent == "How heavy is the heaviest pet?"


def test_it_is_written_back_equal(spider: Path, tmp_path: Path) -> None:
    dialogues = list(formats.read(spider / "dev.json", "spider"))
    assert formats.write(tmp_path / "out.json", dialogues, "spider") == 3
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == QUESTIONS
    formats.write(tmp_path / "out.jsonl", dialogues, "spider")
    again = list(formats.read(tmp_path / "out.jsonl", "spider", databases=spider))
    assert [dialogue.instruction for dialogue in again] == [dialogue.instruction for dialogue in dialogues]


def test_tokens_of_what_was_changed_are_not_written(spider: Path, tmp_path: Path) -> None:
    pets, *_ = formats.read(spider / "dev.json", "spider")
    changed = replace(pets, turns=[pets.turns[0], Turn("system", "SELECT 1", labels={"action": ["answer"]})])
    formats.write(tmp_path / "out.json", [changed], "spider")
    (row,) = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert row == {
        "db_id": "pets", "question": "How many pets?", "question_toks": QUESTIONS[0]["question_toks"],
        "query": "SELECT 1",
    }  # fmt: skip


def test_a_conversation_from_elsewhere_keeps_its_id(spider: Path, tmp_path: Path) -> None:
    turns = [Turn("user", "How many?", labels={"intent": ["How many pets?"]}), Turn("system", "SELECT 2")]
    formats.write(tmp_path / "out.json", [Dialogue("w1", turns, grounding=Grounding(database="pets"))], "spider")
    (again,) = formats.read(tmp_path / "out.json", "spider", databases=spider)
    assert (again.id, again.facts["intent"], again.instruction) == ("w1", "How many pets?", PETS_DDL)


def test_a_derived_question_goes_back_to_its_parents_id(spider: Path, tmp_path: Path) -> None:
    *_, asked = formats.read(spider / "dev.json", "spider")
    derived = replace(asked, id=derived_id("asked-1", "restyle"), origin=Origin("restyle", parent="asked-1"))
    formats.write(tmp_path / "out.json", [derived], "spider")
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == QUESTIONS[2:]
    formats.write(tmp_path / "out.json", [asked, derived], "spider", suffix_ids=True)
    assert [row["id"] for row in json.loads((tmp_path / "out.json").read_text("utf-8"))] == ["asked-1", derived.id]


def test_a_database_without_a_file_is_told_only_where_queries_are_to_run(spider: Path) -> None:
    told: list[Problem] = []
    assert len(list(formats.read(spider / "dev.json", "spider", on_problem=told.append))) == 3
    assert told == []
    kept = list(formats.read(spider / "dev.json", "spider", on_problem=told.append, executable=True))
    assert [dialogue.id for dialogue in kept] == ["dev-000001", "asked-1"]
    assert [str(problem) for problem in told] == [
        "dialogue dev-000002, row 2: database 'shops' has no file here; left out"
    ]


def test_a_folder_that_is_not_there_is_told(spider: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        list(formats.read(spider / "dev.json", "spider", databases=tmp_path / "nowhere"))


def test_a_question_without_any_schema_is_read(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps(QUESTIONS[:1]))
    (dialogue,) = formats.read(tmp_path / "q.json", "spider")
    assert dialogue.instruction is None


def test_a_schema_goes_to_tables_json_and_back(spider: Path) -> None:
    schema = schema_of(SpiderDatabases(spider).file("pets"))
    entry = entry_from_schema("pets", schema)
    assert entry["column_names_original"][4] == [1, "id"]
    assert entry["column_names"][2] == [0, "home town"]
    assert entry["column_types"] == ["text", "number", "text", "time", "number", "number", "number", "text", "boolean"]
    assert (entry["primary_keys"], entry["foreign_keys"]) == ([1, 4, 5], [[5, 1]])
    again = schema_from_entry(entry)
    assert [table.primary_key for table in again.tables] == [("owner_id",), ("id", "owner_id")]
    assert again.foreign_keys == schema.foreign_keys
    assert entry_from_schema("pets", again) == entry


def test_statements_make_the_same_schema(spider: Path, tmp_path: Path) -> None:
    schema = schema_of(SpiderDatabases(spider).file("pets"))
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as connection:
        connection.executescript(ddl(schema))
    assert schema_of(tmp_path / "copy.sqlite") == schema


def test_foreign_keys_come_from_tables_json_where_the_file_has_none(spider: Path) -> None:
    file = SpiderDatabases(spider).file("pets")
    entry = entry_from_schema("pets", schema_of(file))
    (spider / "tables.json").write_text(json.dumps([entry]))
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("CREATE TABLE pets (owner_id INT); CREATE TABLE owners (owner_id INT)")
    assert "FOREIGN KEY (owner_id) REFERENCES owners (owner_id)" in (SpiderDatabases(spider).ddl("pets") or "")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"db_id": "pets", "question": "x"}, "row 1: field 'query' is missing"),
        (QUESTIONS[1] | {"query": 1}, "row 1: field 'query': expected a string, found a number"),
        (QUESTIONS[1] | {"clarification": [{"question": "x"}]}, "clarification[0]: field 'answer' is missing"),
        (QUESTIONS[1] | {"clarification": ["x"]}, "clarification[0]: expected an object"),
        (QUESTIONS[1] | {"clarification": "x"}, "field 'clarification': expected a list"),
        (QUESTIONS[1] | {"intent": ["x"]}, "field 'intent': expected a string, found a list"),
    ],
)
def test_an_odd_row_is_told_in_one_line(spider: Path, row: dict[str, Any], line: str) -> None:
    (spider / "odd.json").write_text(json.dumps([row]))
    with pytest.raises(InputError) as error:
        list(formats.read(spider / "odd.json", "spider"))
    assert line in str(error.value)


def test_an_odd_tables_json_is_told_in_one_line(spider: Path) -> None:
    (spider / "tables.json").write_text(json.dumps([SHOPS_ENTRY | {"primary_keys": [99]}]))
    with pytest.raises(InputError, match=r"tables.json, db_id shops: unexpected form \(IndexError"):
        list(formats.read(spider / "dev.json", "spider"))


@pytest.mark.parametrize(
    ("dialogue", "line"),
    [
        (Dialogue("d", [Turn("user", "x"), Turn("system", "y")]), "no database is named"),
        (Dialogue("d", [Turn("user", "x")], grounding=Grounding(database="a")), "Spider has a question"),
    ],
)
def test_what_is_no_question_to_a_database_is_not_written(tmp_path: Path, dialogue: Dialogue, line: str) -> None:
    with pytest.raises(InputError, match=line):
        formats.write(tmp_path / "out.json", [dialogue], "spider")
