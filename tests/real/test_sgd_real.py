"""The three real SGD files: counts, states by hand, spans that hold, and everything written back equal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from duologue.corpora import formats
from duologue.corpora.guess import guess
from duologue.dialogue import Act, Dialogue, DialoguePrediction, Span, TurnPrediction, check, read, write
from duologue.evaluation.dst import score_dst
from duologue.evaluation.pairing import pair
from duologue.views.simpletod import parse_completion, simpletod_examples

FILES = ("dialogues_001.json", "dialogues_002.json", "dialogues_003.json")


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    if not (data_dir / "sgd").is_dir():
        pytest.skip(f"no SGD in {data_dir}")
    return data_dir / "sgd"


@pytest.fixture(scope="module")
def dialogues(folder: Path) -> list[Dialogue]:
    return list(formats.read(folder, "sgd"))


def test_what_is_there(folder: Path, dialogues: list[Dialogue]) -> None:
    assert guess(folder) == {"sgd"}
    assert len(dialogues) == 384
    assert [problem for dialogue in dialogues for problem in check(dialogue)] == []
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    assert Counter(turn.speaker for turn in turns) == {"user": 2653, "system": 2653}
    assert all((turn.state is not None) == (turn.speaker == "user") for turn in turns)
    assert sum(len(turn.spans) for turn in turns) == 3784
    assert Counter(name for turn in turns for name in turn.labels) == {
        "active_intent": 2435,
        "requested_slots": 306,
        "tool_calls": 740,
    }
    # 9,959 actions, 15 of them with two values
    assert sum(len(turn.acts or []) for turn in turns) == 9959 + 15


def test_every_span_covers_a_value_of_an_act(dialogues: list[Dialogue]) -> None:
    for turn in (turn for dialogue in dialogues for turn in dialogue.turns):
        said = {(act.domain, act.slot, act.value) for act in turn.acts or []}
        for span in turn.spans:
            assert turn.text[span.start : span.end] == span.value
            assert (span.domain, span.slot, span.value) in said


def test_some_turns_by_hand(dialogues: list[Dialogue]) -> None:
    by_id = {dialogue.id: dialogue for dialogue in dialogues}
    turns = by_id["1_00000"].turns
    assert turns[2].state == {
        "Restaurants_2": {
            "location": ["San Jose"],
            "number_of_seats": ["2"],
            "restaurant_name": ["Sino"],
            "time": ["half past 11 in the morning"],
        }
    }
    assert turns[2].spans[1] == Span("restaurant_name", "Sino", 49, 53, "Restaurants_2")
    assert turns[4].state is not None
    assert turns[4].state["Restaurants_2"]["time"] == ["11:30 am", "half past 11 in the morning"]
    assert turns[4].acts == [Act("Restaurants_2", "request", "phone_number"), Act("Restaurants_2", "affirm")]
    assert turns[4].labels["requested_slots"] == ["Restaurants_2-phone_number"]
    assert turns[5].labels == {"tool_calls": ["ReserveRestaurant"]}
    renting = by_id["2_00061"].turns[14].state
    assert renting is not None
    assert renting["RentalCars_1"]["pickup_date"] == ["Tuesday next week", "next Tuesday", "next tuesday"]
    asking = by_id["3_00034"].turns[1].acts
    assert asking == [
        Act("Services_4", "request", "type", "Psychologist"),
        Act("Services_4", "request", "type", "Psychiatrist"),
    ]


def test_all_is_written_back_equal_by_way_of_our_own_format(
    folder: Path, dialogues: list[Dialogue], tmp_path: Path
) -> None:
    write(tmp_path / "ours.jsonl.zst", dialogues)
    assert formats.write(tmp_path / "copy", read(tmp_path / "ours.jsonl.zst"), "sgd") == 384
    for name in (*FILES, "schema.json"):
        assert json.loads((tmp_path / "copy" / name).read_bytes()) == json.loads((folder / name).read_bytes())
    alone = list(formats.read(folder / FILES[1], "sgd"))
    assert formats.write(tmp_path / "alone.json", alone, "sgd") == 128
    assert json.loads((tmp_path / "alone.json").read_bytes()) == json.loads((folder / FILES[1]).read_bytes())


def test_a_simpletod_model_of_sgd_is_read_back_and_scored(dialogues: list[Dialogue]) -> None:
    """The view's own completions, as a perfect model would write them: every state is right."""
    rows = [
        DialoguePrediction(
            dialogue.id,
            [
                TurnPrediction(each.turn, output.response, state=output.state)
                for each in simpletod_examples(dialogue)
                for output in [parse_completion(each.completion)]
            ],
        )
        for dialogue in dialogues
    ]
    score = score_dst(pair(rows, dialogues))
    assert score.joint_goal_accuracy == pytest.approx(100, abs=0.5)
    assert score.turns > 100
