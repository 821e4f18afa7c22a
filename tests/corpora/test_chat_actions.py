"""Tuning files for assistants that ask back: the layouts of the spec, their labels, and what is written for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Dialogue, Grounding, Problem, Turn
from duologue.errors import InputError

SYSTEM = "[context]\nWe sell boats.\n[data]\nBoats : 2.9 | 3.1"
RELEASE: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "How much?", "requires_clarification": True},
        {"role": "model", "content": "Which year are you asking about?"},
        {"role": "user", "content": "2019", "requires_clarification": False},
        {"role": "model", "content": "2.9"},
    ]
}
OPENAI: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "How much?"},
        {"role": "assistant", "content": "Which year are you asking about?", "action": "CLARIFY"},
        {"role": "user", "content": "2019", "action": "answer"},
        {"role": "assistant", "content": "2.9"},
    ],
    "goal": ["2.9", "2.90"],
    "goal_type": "drop",
    "db_id": "boats",
}
VERTEX: dict[str, Any] = {
    "systemInstruction": {"role": "system", "parts": [{"text": SYSTEM}]},
    "contents": [
        {"role": "user", "parts": [{"text": "How much?"}], "requires_clarification": True},
        {"role": "model", "parts": [{"text": "Which year are you asking about?"}]},
        {"role": "user", "parts": [{"text": "2019"}]},
        {"role": "model", "parts": [{"text": "2.9"}], "action": "answer"},
    ],
    "goal": "$2.9",
    "goal_type": "drop",
}
LAYOUTS = [("vertex", RELEASE), ("messages", OPENAI), ("openai", OPENAI), ("vertex", VERTEX)]


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("name", "row"), LAYOUTS)
def test_actions_are_read_from_either_message(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    (dialogue,) = formats.read(written(tmp_path / "in.jsonl", row), name)
    assert dialogue.instruction == SYSTEM
    found = list(instances([dialogue]))
    assert [(one.at, one.action, one.goal) for one in found] == [(1, "clarify", "2.9"), (3, "answer", "2.9")]


@pytest.mark.parametrize(("name", "row"), LAYOUTS)
def test_rows_are_written_back_equal(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    source = written(tmp_path / "in.jsonl", row, row | {"goal_type": None, "more": 1})
    formats.write(tmp_path / "out.jsonl", formats.read(source, name), name)
    assert lines(tmp_path / "out.jsonl") == lines(source)


def test_goals_goal_types_and_databases_are_read(tmp_path: Path) -> None:
    (dialogue,) = formats.read(written(tmp_path / "in.jsonl", OPENAI), "messages")
    assert (dialogue.facts, dialogue.grounding) == ({"goal_type": "drop"}, Grounding(database="boats"))
    assert next(instances([dialogue])).references == ("2.9", "2.90")
    (other,) = formats.read(written(tmp_path / "in.jsonl", VERTEX), "vertex")
    assert next(instances([other])).references == ("2.9", "$2.9")


def test_the_hidden_intent_is_read_and_told_to_the_next_file(tmp_path: Path) -> None:
    row = OPENAI | {"intent": "How much was it in 2019?"}
    dialogues = list(formats.read(written(tmp_path / "in.jsonl", row), "messages"))
    assert {one.intent for one in instances(dialogues)} == {"How much was it in 2019?"}
    formats.write(tmp_path / "out.jsonl", dialogues, "vertex", layout="gemini-1.0")
    assert {one.intent for one in instances(formats.read(tmp_path / "out.jsonl", "vertex"))} == {row["intent"]}
    del row["goal_type"]
    assert "intent" not in next(formats.read(written(tmp_path / "in.jsonl", row), "messages")).facts


def test_a_changed_action_is_written_as_it_is_now(tmp_path: Path) -> None:
    for name, row in (("vertex", RELEASE), ("messages", OPENAI)):
        (dialogue,) = formats.read(written(tmp_path / "in.jsonl", row), name)
        dialogue.turns[1].labels["action"] = ["answer"]
        formats.write(tmp_path / "out.jsonl", [dialogue], name)
        (again,) = formats.read(tmp_path / "out.jsonl", name)
        assert [one.action for one in instances([again])] == ["answer", "answer"]


def conversation() -> Dialogue:
    turns = [
        Turn("user", "How much?"),
        Turn("system", "Which year?", labels={"action": ["clarify"]}),
        Turn("user", "2019"),
        Turn("system", "2.9", labels={"action": ["answer"]}),
    ]
    grounding = Grounding([["Boats", "2.9", "3.1"], []], ["We sell\nboats."], "boats")
    return Dialogue("d", turns, grounding=grounding, instruction="Answer or ask.", facts={"goal_type": "drop"})


def test_the_release_layout_of_a_conversation_from_elsewhere(tmp_path: Path) -> None:
    formats.write(tmp_path / "out.jsonl", [conversation()], "vertex", layout="gemini-1.0")
    (row,) = lines(tmp_path / "out.jsonl")
    assert row["messages"][0] == {"role": "system", "content": f"Answer or ask.\n{SYSTEM}"}
    assert [message.get("requires_clarification") for message in row["messages"]] == [None, True, None, False, None]
    assert (row["goal_type"], row["db_id"]) == ("drop", "boats")
    assert len(list(instances(formats.read(tmp_path / "out.jsonl", "vertex")))) == 2


def test_messages_of_a_conversation_from_elsewhere_name_actions(tmp_path: Path) -> None:
    formats.write(tmp_path / "out.jsonl", [conversation()], "messages")
    (row,) = lines(tmp_path / "out.jsonl")
    assert [message.get("action") for message in row["messages"]] == [None, None, "clarify", None, "answer"]
    (again,) = formats.read(tmp_path / "out.jsonl", "messages")
    assert [one.goal_type for one in instances([again])] == ["drop", "drop"]


def test_services_that_check_their_keys_get_no_others(tmp_path: Path) -> None:
    formats.write(tmp_path / "out.jsonl", [conversation()], "openai")
    (row,) = lines(tmp_path / "out.jsonl")
    assert row.keys() == {"messages"}
    assert {key for message in row["messages"] for key in message} == {"role", "content"}
    formats.write(tmp_path / "out.jsonl", [conversation()], "vertex")
    (row,) = lines(tmp_path / "out.jsonl")
    assert row.keys() == {"systemInstruction", "contents"}
    assert {key for content in row["contents"] for key in content} == {"role", "parts"}


def test_a_goal_of_the_wrong_type_is_told_and_its_row_left_out(tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", OPENAI | {"goal": 2.9}, OPENAI)
    with pytest.raises(InputError, match="line 1: field 'goal': expected a text or a list of texts"):
        list(formats.read(source, "messages"))
    told: list[Problem] = []
    assert len(list(formats.read(source, "messages", on_problem=told.append))) == 1
    assert len(told) == 1


def test_other_things_that_go_by_these_keys_are_left_alone(tmp_path: Path) -> None:
    row = {
        "messages": [
            {"role": "user", "content": "Hi", "requires_clarification": "no"},
            {"role": "assistant", "content": "Hello", "action": {"name": "greet"}},
        ],
        "goal": {"hotel": {}},
        "db_id": 7,
    }
    (dialogue,) = formats.read(written(tmp_path / "in.jsonl", row), "messages")
    assert (dialogue.facts, dialogue.grounding, dialogue.turns[1].labels) == ({}, None, {})
    formats.write(tmp_path / "out.jsonl", [dialogue], "messages")
    assert lines(tmp_path / "out.jsonl") == [row]
