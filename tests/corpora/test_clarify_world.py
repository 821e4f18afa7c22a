"""The clarify world: the context decides whether to ask, readings differ, and what is held out is never said before."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from clarify_rules import asks_for_a_cell, cells, is_open, story_readings, table_answer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from duologue.corpora import formats
from duologue.corpora.actions import ANSWER, CLARIFY
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.worlds.clarify import KINDS, Kind, sample
from duologue.corpora.worlds.clarify.difference import words
from duologue.corpora.worlds.clarify.phrases import LISTS, load_voice, pools
from duologue.corpora.worlds.clarify.question import offered
from duologue.corpora.worlds.clarify.sample import database
from duologue.corpora.worlds.clarify.user import MANNERS
from duologue.corpora.worlds.clarify.write import FILES, FOLDERS, write
from duologue.corpora.worlds.names import split_of
from duologue.corpora.worlds.phrases import expand, sections
from duologue.corpora.worlds.splits import SPLITS, Split

FORMATS: dict[Kind, str] = {"tables": "pacific", "stories": "abg-coqa", "databases": "spider"}
SIZE = 900


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("clarify"), n=SIZE, seed=11).folder


def read(folder: Path, kind: Kind, split: Split) -> Iterator[Instance]:
    return instances(formats.read(folder / FOLDERS[kind] / FILES[kind][split], FORMATS[kind]))


@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), KINDS])
def test_the_last_user_turn_does_not_tell_whether_to_ask(written: Path, kinds: tuple[Kind, ...]) -> None:
    def points(split: Split) -> tuple[list[str], list[str]]:
        found = [instance for kind in kinds for instance in read(written, kind, split)]
        return [instance.history[-1].said for instance in found], [instance.action for instance in found]

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=400))
    model.fit(*points("train"))
    texts, actions = points("test")
    assert f1_score(actions, model.predict(texts), average="macro") <= 0.6


def test_the_table_tells_whether_to_ask() -> None:
    checked, right = 0, 0
    for item in sample(150, 3, "test", "tables"):
        for question in item.native["questions"]:
            if question["follow_up"] or not asks_for_a_cell(item, question):
                continue
            checked += 1
            right += (cells(item.native["table"]["table"], question["question"]) > 1) == question["req_clari"]
    assert checked > 150
    assert right / checked > 0.97


@pytest.mark.parametrize("split", SPLITS)
def test_every_answer_about_a_table_is_what_the_table_says(split: Split) -> None:
    checked = 0
    for item in sample(150, 8, split, "tables"):
        for question in item.native["questions"]:
            if not question["req_clari"] and question["answer_from"] == "table":
                checked += 1
                (said,) = question["answer"] if isinstance(question["answer"], list) else [question["answer"]]
                assert table_answer(item.native["table"]["table"], question) == said, question
    assert checked > 300


def test_the_schema_tells_whether_to_ask() -> None:
    right = [is_open(item) == (item.steps[0].action == CLARIFY) for item in sample(300, 3, "test", "databases")]
    assert sum(right) / len(right) > 0.97


def test_the_story_tells_whether_to_ask() -> None:
    items = [*sample(300, 3, "train", "stories"), *sample(300, 3, "test", "stories")]
    right = [(story_readings(item.native) > 1) == (item.steps[0].action == CLARIFY) for item in items]
    assert sum(right) / len(right) > 0.97


def test_what_a_story_tells_of_is_what_its_questions_can_mean() -> None:
    for item in sample(150, 3, "test", "stories"):
        readings = item.steps[0].readings
        assert (len(readings) > 1) == (item.native["ambiguity"] == "ambiguous")
        story, target = item.native["story"], item.native["target_turn"]
        assert all(reading.answer in story for reading in readings)
        assert story[target["span_start"] : target["span_end"]] == target["rationale"]
        assert target["answer"] in target["rationale"]
        for turn in item.native["history_turns"]:
            assert turn["answer"] in turn["rationale"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLITS)
def test_readings_differ_and_the_right_one_is_answered(kind: Kind, split: Split) -> None:
    for item in sample(150, 5, split, kind):
        for step in item.steps:
            intents, answers = ([getattr(one, part) for one in step.readings] for part in ("intent", "answer"))
            assert (len(answers) > 1) == (step.action == CLARIFY)
            assert len(set(intents)) == len(intents)
            assert answers.count(answers[0]) == 1
            if step.action == ANSWER:
                assert step.system == answers[0]
        assert item.steps[-1].action == ANSWER


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLITS)
def test_every_reply_says_what_was_asked_for(kind: Kind, split: Split) -> None:
    beside_the_point = {phrase for manner in MANNERS.values() for phrase in pools()[f"{manner}.off"]}
    for item in sample(300, 909, split, kind):
        replies = [after.user for step, after in pairwise(item.steps) if step.action == CLARIFY]
        for name in ("clarification_turn", "clarification_turn_2"):
            replies += [each["clr_ans"] for each in item.native.get(name, {}).get("answers", [])]
        assert not beside_the_point & set(replies)
        for step, after in pairwise(item.steps):
            told = words(after.user)
            affirmed = len(offered(step.system)) == 1 and after.user.startswith("Yes")
            asked = words(" ".join(step.user for step in item.steps))
            for other in step.readings if step.action == CLARIFY and not affirmed else ():
                own = words(step.intent) - words(other.intent)
                assert other in after.readings or own & told or not own - asked, (step, after.user)


def test_every_query_runs_on_the_files_and_readings_give_other_results(written: Path) -> None:
    folder = written / FOLDERS["databases"]
    split: Split
    for split in SPLITS:
        for item in sample(80, 11, split, "databases"):
            assert item.database is not None
            with sqlite3.connect(folder / "database" / item.database.id / f"{item.database.id}.sqlite") as connection:
                results = [connection.execute(one.answer).fetchall() for one in item.steps[0].readings]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
                assert connection.execute(item.native["query"]).fetchall() == results[0]
            assert all(result and result != [(0,)] for result in results)
            ordered = " ORDER BY " in item.native["query"]
            kept = {repr(result if ordered else sorted(result, key=repr)) for result in results}
            assert len(kept) == len(results)


def test_all_families_are_left_open() -> None:
    families = Counter(
        item.native["family"] for item in sample(300, 5, "train", "databases") if item.steps[0].action == CLARIFY
    )
    assert set(families) == {"requested", "population", "presentation"}
    assert min(families.values()) > 15


def test_some_requests_need_two_questions() -> None:
    for kind in ("tables", "databases"):
        items = sample(200, 5, "train", kind)
        assert any(two[0].action == two[1].action == CLARIFY for item in items for two in _pairs(item.steps))


def test_what_is_written_is_read_back_and_written_equal(written: Path, tmp_path: Path) -> None:
    for kind in KINDS:
        for split in SPLITS:
            file, back = written / FOLDERS[kind] / FILES[kind][split], tmp_path / f"{kind}-{split}.json"
            formats.write(back, formats.read(file, FORMATS[kind]), FORMATS[kind])
            assert json.loads(back.read_text()) == json.loads(file.read_text())


def test_points_have_a_goal_its_type_and_an_intent(written: Path) -> None:
    types = {"tables": "drop", "stories": "similarity", "databases": "sql"}
    for kind in KINDS:
        for instance in read(written, kind, "test"):
            assert instance.goal
            assert instance.goal_type == types[kind]
            assert instance.intent or (kind == "stories" and instance.action == ANSWER)
            assert instance.action == CLARIFY or instance.goal == instance.gold.said


def test_an_item_does_not_depend_on_the_slice() -> None:
    for kind in KINDS:
        assert [one.native for one in sample(3, 5, "val", kind, start=4)] == [
            one.native for one in sample(8, 5, "val", kind)
        ][4:7]


def test_databases_and_their_words_belong_to_one_split() -> None:
    for split in SPLITS:
        for number in range(5):
            word = database(2, split, number).id.split("_")[1]
            assert split_of(word) == split


def test_held_out_phrases_are_said_in_their_split_only() -> None:
    for name in pools():
        if name not in LISTS:
            told = {split: set(load_voice(split).phrases[name]) for split in SPLITS}
            assert told["test"] - told["train"] - told["val"], name
            assert told["train"], name


def test_no_pool_is_given_twice() -> None:
    folder = Path(__file__).resolve().parents[2] / "src/duologue/corpora/worlds/clarify/phrases"
    names = [name for file in sorted(folder.glob("*.txt")) for name in sections(file.read_text("utf-8"))]
    assert len(set(names)) == len(names)


def test_every_phrase_can_be_filled() -> None:
    for name, phrases in pools().items():
        for phrase in phrases:
            for variant in expand(phrase):
                assert not re.search(r"[{}()|]", "".join(variant[::2])), (name, phrase)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_leave_no_slot_open_and_no_blank(kind: Kind) -> None:
    for split in SPLITS:
        for item in sample(150, 2, split, kind):
            texts = [
                *(step.user for step in item.steps),
                *(step.system for step in item.steps if step.action == CLARIFY),
            ]
            texts += [step.intent for step in item.steps]
            texts += [item.native["story"]] if kind == "stories" else []
            texts += [one["text"] for one in item.native["paragraphs"]] if kind == "tables" else []
            for text in texts:
                assert not re.search(r"[<>{}|]|  | [.,?!]|^\W*$|\.\.|\b[Aa] [aeio]|\bin in\b", text), text
                assert not re.match(r"[a-z]", text), text


def _pairs(steps: list[Any]) -> list[tuple[Any, Any]]:
    return list(pairwise(steps))
