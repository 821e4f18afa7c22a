"""PACIFIC: contexts as conversations, answers as a user would say them, written back equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Dialogue, Grounding, Insertion, Problem, Turn, check
from duologue.errors import InputError


def question(order: int, asked: str, answer: Any, kind: str = "span", **others: Any) -> dict[str, Any]:
    return {
        "uid": f"q{order}", "order": order, "question": asked, "answer": answer, "derivation": "",
        "answer_type": kind, "answer_from": "table", "rel_paragraphs": [], "scale": "",
        "req_clari": kind == "question", "follow_up": False, "original_question": asked,
    } | others  # fmt: skip


CONTEXT: dict[str, Any] = {
    "table": {"uid": "t1", "table": [["", "2019", "2018"], ["Boats sold", "44.1", "56.7"]]},
    "paragraphs": [{"uid": "p1", "order": 1, "text": "We sell boats.\nAnd oars."}],
    "questions": [
        question(1, "What do you sell?", ["boats", "oars"], "multi-span"),
        question(2, "How much is it?", ["Which year are you asking about?"], "question"),
        question(3, "2019", ["44.1"], original_question="How much are boats in 2019?", scale="million"),
        question(4, "The change?", -12.6, "arithmetic", derivation="44.1-56.7 ", scale="million"),
        question(5, "In percent?", -22.22, "arithmetic", derivation="(44.1-56.7)/56.7", scale="percent"),
        question(6, "How many years?", "2", "count", derivation="2019##2018"),
        question(7, "Why?", ["It rained", ""], scale="thousand"),
        question(8, "Its ratio?", 3, "arithmetic", derivation="6/2"),
    ],
}


def written(path: Path, native: Any) -> Path:
    path.write_text(json.dumps(native), "utf-8")
    return path


def read_one(tmp_path: Path, **changed: Any) -> Dialogue:
    (dialogue,) = formats.read(written(tmp_path / "in.json", [CONTEXT | changed]), "pacific")
    return dialogue


def test_a_context_is_a_conversation_with_its_grounding(tmp_path: Path) -> None:
    dialogue = read_one(tmp_path)
    assert dialogue.id == "t1"
    assert dialogue.grounding == Grounding(table=CONTEXT["table"]["table"], passages=["We sell boats.\nAnd oars."])
    assert dialogue.facts == {"goal_type": "drop"}
    assert list(check(dialogue)) == []
    assert [turn.text for turn in dialogue.turns if turn.speaker == "system"] == [
        "boats; oars",
        "Which year are you asking about?",
        "44.1 million",
        "44.1-56.7 = -12.6 million",
        "(44.1-56.7)/56.7 = -22.22%",
        "2",
        "It rained",
        "6/2 = 3",
    ]


def test_actions_intents_references_and_scales_are_labels(tmp_path: Path) -> None:
    turns = read_one(tmp_path).turns
    assert turns[3].labels == {"action": ["clarify"], "answer_type": ["question"]}
    assert turns[4].labels == {"intent": ["How much are boats in 2019?"]}
    assert turns[7].labels == {
        "action": ["answer"], "references": ["-12.6 million"], "scale": ["million"],
        "derivation": ["44.1-56.7 "], "answer_type": ["arithmetic"],
    }  # fmt: skip


def test_a_clarification_leads_to_the_answer_after_the_reply(tmp_path: Path) -> None:
    found = list(instances([read_one(tmp_path)]))
    assert len(found) == 8
    asked = found[1]
    assert (asked.id, asked.action, asked.goal) == ("t1-3", "clarify", "44.1 million")
    assert asked.intent == "How much are boats in 2019?"
    assert found[3].references == ("44.1-56.7 = -12.6 million", "-12.6 million")


@pytest.mark.parametrize("key", ["answer_from", "uid", "scale", "follow_up"])
def test_it_is_written_back_equal(tmp_path: Path, key: str) -> None:
    lacking = [{name: value for name, value in each.items() if name != key} for each in CONTEXT["questions"]]
    native = [CONTEXT, CONTEXT | {"table": {"uid": "t2", "table": []}, "questions": lacking, "more": {"x": None}}]
    source = written(tmp_path / "in.json", native)
    assert formats.write(tmp_path / "out.json", formats.read(source, "pacific"), "pacific") == 2
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == native


def test_questions_without_answers_are_user_turns_and_written_back(tmp_path: Path) -> None:
    bare = [{"uid": "q1", "question": "What?", "original_question": "What?", "order": 1}] * 2
    dialogue = read_one(tmp_path, questions=bare)
    assert [turn.speaker for turn in dialogue.turns] == ["user", "user"]
    formats.write(tmp_path / "out.json", [dialogue], "pacific")
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))[0]["questions"] == bare


def test_a_question_back_is_known_by_its_type_where_the_label_is_missing(tmp_path: Path) -> None:
    unlabelled = [{name: each[name] for name in each if name != "req_clari"} for each in CONTEXT["questions"]]
    actions = [one.action for one in instances([read_one(tmp_path, questions=unlabelled)])]
    assert actions == ["answer", "clarify", *["answer"] * 6]
    odd = read_one(tmp_path, questions=[question(1, "How much?", [5], scale=7, derivation=3)])
    assert odd.turns[1].text == "5"


def test_what_was_changed_is_written_as_it_is_now(tmp_path: Path) -> None:
    dialogue = read_one(tmp_path)
    dialogue.turns[5] = replace(dialogue.turns[5], text="45 million")
    dialogue.turns[1] = replace(dialogue.turns[1], insertions=[Insertion("chitchat", "Ahoy!", "before")])
    formats.write(tmp_path / "out.json", [dialogue], "pacific")
    questions = json.loads((tmp_path / "out.json").read_text("utf-8"))[0]["questions"]
    assert questions[2] == CONTEXT["questions"][2] | {"answer": ["45"]}
    assert questions[0]["answer"] == ["Ahoy! boats", "oars"]
    assert questions[3] == CONTEXT["questions"][3]


def test_a_conversation_from_elsewhere_is_written_and_read_again(tmp_path: Path) -> None:
    turns = [
        Turn("user", "Sales?", labels={"intent": ["Sales?"]}),
        Turn("system", "Of which year?", labels={"action": ["clarify"], "answer_type": ["question"]}),
        Turn("user", "2019", labels={"intent": ["Sales in 2019?"]}),
        Turn(
            "system",
            "2+3 = 5 thousand",
            labels={
                "action": ["answer"], "references": ["5 thousand"], "scale": ["thousand"], "derivation": ["2+3"],
                "answer_type": ["arithmetic"],
            },
        ),
    ]  # fmt: skip
    made = Dialogue("w1", turns, grounding=Grounding([["a"]], ["b", "c"]), facts={"goal_type": "drop"})
    formats.write(tmp_path / "out.json", [made], "pacific")
    native = json.loads((tmp_path / "out.json").read_text("utf-8"))[0]
    assert native["questions"][1] == {
        "order": 2, "question": "2019", "answer": 5, "derivation": "2+3", "answer_type": "arithmetic",
        "scale": "thousand", "req_clari": False, "original_question": "Sales in 2019?",
    }  # fmt: skip
    (again,) = formats.read(tmp_path / "out.json", "pacific")
    assert replace(again, native={}) == made


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"table": []}, "dialogue pacific-000001, table: expected rows of texts"),
        ({"table": {"uid": "t1", "table": [[1]]}}, "dialogue t1, table: expected rows of texts"),
        ({"paragraphs": ["x"]}, "dialogue t1, paragraphs: expected objects with a text"),
        ({"questions": []}, "dialogue t1, questions: expected a list of questions"),
        ({"questions": [{"answer": 1}]}, "dialogue t1, questions[0]: expected an object with a question"),
        ({"questions": [question(1, "a", None)]}, "dialogue t1, questions[0], answer: cannot be said: None"),
        ({"questions": [question(1, "a", ["b"], req_clari="no")]}, "req_clari: expected true or false, found 'no'"),
    ],
)
def test_what_is_odd_is_told_in_one_line(tmp_path: Path, changed: dict[str, Any], line: str) -> None:
    source = written(tmp_path / "in.json", [CONTEXT | changed])
    with pytest.raises(InputError) as error:
        list(formats.read(source, "pacific"))
    assert line in str(error.value)
    told: list[Problem] = []
    list(formats.read(source, "pacific", on_problem=told.append))
    assert line.split(": ")[-1] in " ".join(problem.what for problem in told)


def test_an_answer_without_a_question_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="questions and answers by turns"):
        formats.write(tmp_path / "out.json", [Dialogue("d", [Turn("system", "Hello")])], "pacific")
