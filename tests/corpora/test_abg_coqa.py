"""Abg-CoQA: a row is one conversation, or one for each reply to what annotators asked back; written back as a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Dialogue, Grounding, Problem, Turn, check
from duologue.errors import InputError


def native_turn(number: int, question: str, answer: str, **others: Any) -> dict[str, Any]:
    return {"turn_id": number, "question": question, "answer": answer, "rationale": f"because {answer}"} | others


CLEAR: dict[str, Any] = {
    "id": "s1|7|1",
    "story": "Tom lost his rope.\n\nThen he cut the brush.",
    "target_turn": native_turn(7, "who lost it?", "Tom", span_start=0, span_end=3),
    "history_turns": [native_turn(6, "what was lost?", "a rope")],
    "ambiguity": "non_ambiguous",
    "clarification_turn": {},
    "source": "race",
}
AMBIGUOUS: dict[str, Any] = CLEAR | {
    "id": "s1|9|0",
    "target_turn": native_turn(9, "What did he remove?", "brush", span_start=4, span_end=9),
    "history_turns": [],
    "ambiguity": "ambiguous",
    "clarification_turn": {
        "question": "Before the path?",
        "answers": [
            {"clr_ans": "Yes.", "org_ans": "Rope.", "org_ans_2": "the rope", "org_ans_3": "Rope."},
            {"clr_ans": "No, after.", "org_ans": "The brush.", "org_ans_2": "Unknown", "org_ans_3": "brush"},
        ],
    },
    "clarification_turn_2": {
        "question": "Do you mean the ropes?",
        "answers": [{"clr_ans": "Yes", "org_ans": "The ropes"}],
    },
}


def written(path: Path, *rows: Any, **beside: Any) -> Path:
    path.write_text(json.dumps(beside | {"data": rows}), "utf-8")
    return path


def test_a_clear_row_is_one_conversation(tmp_path: Path) -> None:
    (dialogue,) = formats.read(written(tmp_path / "in.json", CLEAR), "abg-coqa")
    assert dialogue.id == "s1|7|1"
    assert dialogue.grounding == Grounding(passages=[CLEAR["story"]])
    assert dialogue.facts == {"row": "s1|7|1", "goal_type": "similarity"}
    assert [turn.text for turn in dialogue.turns] == ["what was lost?", "a rope", "who lost it?", "Tom"]
    assert [turn.labels for turn in dialogue.turns] == [{}, {}, {}, {"action": ["answer"]}]
    (one,) = instances([dialogue])
    assert (one.id, one.action, one.goal) == ("s1|7|1-3", "answer", "Tom")


def test_an_ambiguous_row_is_a_conversation_for_each_reply(tmp_path: Path) -> None:
    dialogues = list(formats.read(written(tmp_path / "in.json", AMBIGUOUS), "abg-coqa"))
    assert [dialogue.id for dialogue in dialogues] == ["s1|9|0#1.1", "s1|9|0#1.2", "s1|9|0#2.1"]
    assert [[turn.text for turn in dialogue.turns[1:]] for dialogue in dialogues] == [
        ["Before the path?", "Yes.", "Rope."],
        ["Before the path?", "No, after.", "The brush."],
        ["Do you mean the ropes?", "Yes", "The ropes"],
    ]
    assert {dialogue.facts["row"] for dialogue in dialogues} == {"s1|9|0"}
    assert dialogues[1].facts["intent"] == "Before the path? No, after."
    assert dialogues[0].turns[1].labels == {
        "action": ["clarify"], "guess": ["brush"], "references": ["Do you mean the ropes?"],
    }  # fmt: skip
    assert [problem for dialogue in dialogues for problem in check(dialogue)] == []


def test_all_answers_are_references_and_the_branches_share_their_state(tmp_path: Path) -> None:
    found = list(instances(formats.read(written(tmp_path / "in.json", AMBIGUOUS), "abg-coqa")))
    asked = [one for one in found if one.action == "clarify"]
    assert [one.references for one in asked] == [
        ("Rope.", "the rope"), ("The brush.", "Unknown", "brush"), ("The ropes",),
    ]  # fmt: skip
    assert len({one.state for one in asked}) == 1
    assert [one.intent for one in found[:2]] == ["Before the path? Yes."] * 2


SAME = AMBIGUOUS | {"id": "s1|9|1", "clarification_turn_2": AMBIGUOUS["clarification_turn"]}
ODD = CLEAR | {"id": "s2", "more": None, "clarification_turn_2": {}, "ambiguity": "unsure"}


@pytest.mark.parametrize("beside", [{"version": "1.0"}, {"version": 2, "note": None}])
def test_rows_are_written_back_equal(tmp_path: Path, beside: dict[str, Any]) -> None:
    rows = [CLEAR, AMBIGUOUS, SAME, ODD]
    source = written(tmp_path / "in.json", *rows, **beside)
    assert formats.write(tmp_path / "out.json", formats.read(source, "abg-coqa"), "abg-coqa") == 9
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == beside | {"data": rows}


@pytest.mark.parametrize("text", ['{"data": [%s], "version": 2}', '{"from": {"x": "MIT", "of": [1]}, "data": [%s]}'])
def test_what_stands_beside_the_rows_is_kept_wherever_and_whatever_it_is(tmp_path: Path, text: str) -> None:
    source, out = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(text % json.dumps(CLEAR), "utf-8")
    formats.write(out, formats.read(source, "abg-coqa"), "abg-coqa")
    assert json.loads(out.read_text("utf-8")) == json.loads(source.read_text("utf-8"))
    formats.write(tmp_path / "again.json", formats.read(out, "abg-coqa"), "abg-coqa")
    assert json.loads((tmp_path / "again.json").read_text("utf-8")) == json.loads(source.read_text("utf-8"))


@pytest.mark.parametrize("native", [{}, {"version": "1.0"}, {"data": {}}, {"data": 5}, {"rows": [CLEAR]}])
def test_a_file_without_rows_is_told_in_one_line(tmp_path: Path, native: dict[str, Any]) -> None:
    (tmp_path / "in.json").write_text(json.dumps(native), "utf-8")
    with pytest.raises(InputError, match="it has no list under 'data'; check file and format"):
        list(formats.read(tmp_path / "in.json", "abg-coqa"))


def branch_with(**more: Any) -> dict[str, Any]:
    (first, *others), question = AMBIGUOUS["clarification_turn"]["answers"], "Before the path?"
    return AMBIGUOUS | {"clarification_turn": {"question": question, "answers": [first | more, *others]}}


def test_the_intent_of_a_reply_is_taken_where_the_row_has_one(tmp_path: Path) -> None:
    row = branch_with(intent="What did he remove before the path?")
    first, second, *_ = formats.read(written(tmp_path / "in.json", row), "abg-coqa")
    assert first.facts["intent"] == "What did he remove before the path?"
    assert second.facts["intent"] == "Before the path? No, after."


@pytest.mark.parametrize("more", [{}, {"intent": "What did he remove before the path?"}, {"worker": 7, "intent": None}])
def test_what_was_changed_is_written_as_it_is_now(tmp_path: Path, more: dict[str, Any]) -> None:
    first, *others = formats.read(written(tmp_path / "in.json", branch_with(**more)), "abg-coqa")
    changed = replace(first, turns=[*first.turns[:-1], replace(first.turns[-1], text="A long rope.")])
    formats.write(tmp_path / "out.json", [changed, *others], "abg-coqa")
    (row,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["data"]
    assert row == branch_with(**more, org_ans="A long rope.")


def test_conversations_from_elsewhere_become_rows(tmp_path: Path) -> None:
    def branch(number: int, reply: str, answer: str) -> Dialogue:
        turns = [
            Turn("user", "When?"),
            Turn("system", "When what?", labels={"action": ["clarify"], "guess": ["At noon"]}),
            Turn("user", reply),
            Turn("system", answer, labels={"action": ["answer"], "references": [f"{answer}!"]}),
        ]
        facts = {"row": "w1", "goal_type": "similarity", "intent": f"When what? {reply}"}
        return Dialogue(f"w1#1.{number}", turns, grounding=Grounding(passages=["A story."]), facts=facts)

    made = [branch(1, "Lunch", "At noon"), branch(2, "Tea", "At five")]
    formats.write(tmp_path / "out.json", made, "abg-coqa")
    (row,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["data"]
    assert row["clarification_turn"]["answers"][1] == {"clr_ans": "Tea", "org_ans": "At five", "org_ans_2": "At five!"}
    assert row["target_turn"]["answer"] == "At noon"
    again = formats.read(tmp_path / "out.json", "abg-coqa")
    assert [replace(dialogue, native={}) for dialogue in again] == made


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("x", "dialogue abg-coqa-000001, story: expected a text"),
        (CLEAR | {"story": 1}, "dialogue s1|7|1, story: expected a text"),
        (CLEAR | {"target_turn": {"question": "x"}}, "target_turn: expected an object with the texts question, answer"),
        (CLEAR | {"history_turns": [[]]}, "history_turns[0]: expected an object"),
        (AMBIGUOUS | {"clarification_turn": {"question": "x"}}, "answers: expected a list of replies"),
        (
            AMBIGUOUS | {"clarification_turn": {"question": "x", "answers": [{"clr_ans": "y", "org_ans": None}]}},
            "clarification_turn, answers[0]: expected an object with the texts clr_ans, org_ans",
        ),
        (CLEAR | {"ambiguity": "ambiguous"}, "ambiguity: it says 'ambiguous', but nothing is asked back; left out"),
        (AMBIGUOUS | {"ambiguity": "non_ambiguous"}, "it says 'non_ambiguous', but something is asked back; left out"),
    ],
)
def test_an_odd_row_is_told_in_one_line_and_left_out(tmp_path: Path, row: Any, line: str) -> None:
    source = written(tmp_path / "in.json", row, CLEAR | {"id": "sound"})
    told: list[Problem] = []
    assert [dialogue.id for dialogue in formats.read(source, "abg-coqa", on_problem=told.append)] == ["sound"]
    assert line in str(told[0])
    with pytest.raises(InputError):
        list(formats.read(source, "abg-coqa"))


def test_what_makes_no_row_is_refused(tmp_path: Path) -> None:
    dialogues = list(formats.read(written(tmp_path / "in.json", AMBIGUOUS, CLEAR), "abg-coqa"))
    with pytest.raises(InputError, match="apart from the others of its row"):
        formats.write(tmp_path / "out.json", [dialogues[0], dialogues[3], dialogues[1]], "abg-coqa")
    with pytest.raises(InputError, match="one clarification, before the last answer"):
        formats.write(tmp_path / "out.json", [replace(dialogues[0], turns=dialogues[0].turns[:3])], "abg-coqa")
    mixed = [dialogues[0], replace(dialogues[3], facts={"row": "s1|9|0"})]
    with pytest.raises(InputError, match="2 conversations that make no row"):
        formats.write(tmp_path / "out.json", mixed, "abg-coqa")
