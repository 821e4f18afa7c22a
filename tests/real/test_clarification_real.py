"""The real PACIFIC, Abg-CoQA and Spider files: counts, everything written back equal, gold queries that run."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.corpora.database_schema import entry_from_schema, schema_from_entry, schema_of
from duologue.corpora.guess import guess
from duologue.corpora.json_stream import read_list
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.dialogue import Dialogue, Problem, check, read, write
from duologue.measures.drop_f1 import best_f1
from duologue.measures.sql_execution import execution_match

FILES = {"pacific": "pacific/validation.json", "abg-coqa": "abg_coqa/coqa_abg_val.json", "spider": "spider/dev.json"}


@pytest.fixture(scope="module")
def read_all(data_dir: Path) -> dict[str, list[Dialogue]]:
    return {name: list(formats.read(data_dir / file, name)) for name, file in FILES.items()}


@pytest.mark.parametrize("name", FILES)
def test_all_is_written_back_equal_by_way_of_our_own_format(
    data_dir: Path, tmp_path: Path, read_all: dict[str, list[Dialogue]], name: str
) -> None:
    source = data_dir / FILES[name]
    assert guess(source) == {name}
    assert [problem for dialogue in read_all[name] for problem in check(dialogue)] == []
    write(tmp_path / "ours.jsonl.zst", read_all[name])
    formats.write(tmp_path / "out.json", read(tmp_path / "ours.jsonl.zst"), name)
    assert json.loads((tmp_path / "out.json").read_bytes()) == json.loads(source.read_bytes())


def test_pacific_has_200_contexts_and_every_question_leads_to_an_answer(read_all: dict[str, list[Dialogue]]) -> None:
    assert len(read_all["pacific"]) == 200
    found = list(instances(read_all["pacific"]))
    assert Counter(one.action for one in found) == {"answer": 1200, "clarify": 244}
    for one in found:
        assert one.goal is not None
        assert one.intent
        assert len(one.trajectory) == (3 if one.action == "clarify" else 1)
        assert best_f1(one.references[-1], one.references) == 1


def test_abg_coqa_has_1092_rows_of_which_130_are_ambiguous(read_all: dict[str, list[Dialogue]]) -> None:
    dialogues = read_all["abg-coqa"]
    assert len({dialogue.facts["row"] for dialogue in dialogues}) == 1092
    asked = [one for one in instances(dialogues) if one.action == "clarify"]
    assert len({one.dialogue.facts["row"] for one in asked}) == 130
    # 266 replies to the first annotator's questions with three answers each, 282 to the second's with one
    assert len(asked) == 266 + 282
    assert Counter(len(one.trajectory[-1].labels.get("references", [])) for one in asked) == {2: 266, 0: 282}
    assert len(dialogues) == 962 + 266 + 282


def test_spider_has_questions_with_and_without_a_database(data_dir: Path, read_all: dict[str, list[Dialogue]]) -> None:
    assert len(read_all["spider"]) == 1034
    told: list[Problem] = []
    kept = list(formats.read(data_dir / FILES["spider"], "spider", executable=True, on_problem=told.append))
    assert (len(kept), len(told)) == (517, 517)
    assert len({dialogue.grounding.database for dialogue in kept if dialogue.grounding}) == 12
    assert "database 'world_1' has no file here; left out" in {problem.what for problem in told}


def test_every_gold_query_gives_what_it_gives_and_no_byte_changes(data_dir: Path) -> None:
    databases = SpiderDatabases(data_dir / "spider")
    files = sorted((data_dir / "spider" / "database").rglob("*"))
    before = [hashlib.sha256(file.read_bytes()).digest() for file in files if file.is_file()]
    reasons: Counter[str] = Counter()
    for one in instances(
        formats.read(data_dir / FILES["spider"], "spider", executable=True, on_problem=lambda problem: None)
    ):
        assert one.goal is not None
        assert one.dialogue.grounding is not None
        file = databases.file(str(one.dialogue.grounding.database))
        reasons[execution_match(one.goal, one.goal, file).reason] += 1
    assert reasons == {"same result": 517}
    assert sorted((data_dir / "spider" / "database").rglob("*")) == files
    assert [hashlib.sha256(file.read_bytes()).digest() for file in files if file.is_file()] == before


def test_every_schema_goes_there_and_back_and_makes_a_database(data_dir: Path) -> None:
    databases = SpiderDatabases(data_dir / "spider")
    for entry in read_list(data_dir / "spider" / "tables.json"):
        name = entry["db_id"]
        schema = schema_from_entry(entry)
        again = entry_from_schema(name, schema)
        for key in ("table_names_original", "column_names_original", "primary_keys", "foreign_keys"):
            assert again[key] == entry[key], name
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(databases.ddl(name) or "")
        if databases.has(name):
            described = {
                (table.name.lower(), column.name.lower()) for table in schema.tables for column in table.columns
            }
            tables = schema_of(databases.file(name)).tables
            assert {
                (table.name.lower(), column.name.lower()) for table in tables for column in table.columns
            } == described
