from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz import v22 as multiwoz22
from duologue.corpora.multiwoz import v22_hf as multiwoz22_hf
from duologue.corpora.multiwoz.slots import STATE_SLOTS
from duologue.corpora.multiwoz.v22_codec import Native, dialogue_from_native, dialogue_to_native
from duologue.corpora.multiwoz.v22_schema import schema
from duologue.dialogue import Act, Dialogue, Insertion, Problem, Span, Turn, check
from duologue.errors import InputError

FOLDER = Path(__file__).parents[1] / "fixtures" / "multiwoz22"
FILES = ("dev/dialogues_001.json", "test/dialogues_001.json", "dialog_acts.json")


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_reads_states_acts_spans_intents_and_requests() -> None:
    lodge, train = multiwoz22.read(FOLDER)
    assert (lodge.id, train.id) == ("MUL9001", "SNG9002")
    first, offer, booking, _, taxi, closing = lodge.turns
    assert first.state == {"hotel": {"area": ["north"], "pricerange": ["dontcare"], "type": ["guesthouse"]}}
    assert first.acts == [
        Act("hotel", "inform", "area", "north"),
        Act("hotel", "inform", "pricerange", "dontcare"),
        Act("hotel", "inform", "type", "guesthouse"),
    ]
    assert Span("name", "Oak Lodge", 0, 9, "hotel", "recommend") in offer.spans
    assert booking.labels == {"active_intent": ["book_hotel"], "requested_slots": ["hotel-phone"]}
    assert booking.state is not None
    assert booking.state["hotel"]["name"] == ["oak lodge", "the oak lodge"]
    assert booking.acts is not None
    assert booking.acts[-1] == Act("hotel", "request", "phone")
    assert taxi.state is not None
    assert taxi.state["taxi"]["arriveby"] == ["18:15", "6:15 pm"]
    assert closing.acts is None
    for turn in (*lodge.turns, *train.turns):
        assert all(turn.text[span.start : span.end].lower() == span.value.lower() for span in turn.spans)
    assert [problem for dialogue in (lodge, train) for problem in check(dialogue)] == []


def test_a_folder_is_written_back_equal(tmp_path: Path) -> None:
    assert multiwoz22.write(tmp_path / "copy", multiwoz22.read(FOLDER)) == 2
    for name in FILES:
        assert loaded(tmp_path / "copy" / name) == loaded(FOLDER / name)
    assert loaded(tmp_path / "copy" / "schema.json") == schema()


def test_one_split_and_one_file_find_their_acts(tmp_path: Path) -> None:
    (whole,) = [dialogue for dialogue in multiwoz22.read(FOLDER) if dialogue.id == "SNG9002"]
    for path in (FOLDER / "test", FOLDER / "test" / "dialogues_001.json"):
        (dialogue,) = multiwoz22.read(path)
        assert dialogue.turns == whole.turns
    flat = tmp_path / "flat"
    flat.mkdir()
    for name in ("dialog_acts.json", "test/dialogues_001.json"):
        shutil.copy(FOLDER / name, flat)
    multiwoz22.write(tmp_path / "copy", multiwoz22.read(flat))
    assert loaded(tmp_path / "copy" / "dialogues_001.json") == loaded(FOLDER / "test" / "dialogues_001.json")


def test_without_acts_the_frames_say_what_stands_in_the_text(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "dev" / "dialogues_001.json", tmp_path / "alone.json")
    (dialogue,) = multiwoz22.read(tmp_path / "alone.json")
    assert all(turn.acts is None for turn in dialogue.turns)
    assert dialogue.turns[1].spans == [Span("name", "Oak Lodge", 0, 9, "hotel")]
    assert [span.slot for span in dialogue.turns[4].spans] == ["arriveby", "departure"]
    multiwoz22.write(tmp_path / "copy.json", [dialogue])
    assert loaded(tmp_path / "copy.json") == loaded(tmp_path / "alone.json")


def test_a_changed_state_wins_and_the_rest_stays() -> None:
    lodge = next(multiwoz22.read(FOLDER))
    turn = lodge.turns[4]
    assert turn.state is not None
    turn.state["taxi"]["arriveby"] = ["19:00"]
    del turn.state["hotel"]
    frames = dialogue_to_native(lodge).dialogue["turns"][4]["frames"]
    assert [frame["service"] for frame in frames] == ["hotel", "taxi", "train"]
    assert frames[0]["state"]["slot_values"] == {}
    assert frames[1]["state"]["slot_values"]["taxi-arriveby"] == ["19:00"]
    assert frames[1]["slots"][2]["copy_from"] == "hotel-name"


def test_spans_move_with_an_insertion_before_the_text() -> None:
    lodge = next(multiwoz22.read(FOLDER))
    lodge.turns[1].insertions.append(Insertion("reaction", "How nice!", "before"))
    native = dialogue_to_native(lodge)
    text = native.dialogue["turns"][1]["utterance"]
    assert text.startswith("How nice! Oak Lodge")
    assert native.acts is not None
    for act, _, value, start, end in native.acts["1"]["span_info"]:
        assert act == "Hotel-Recommend"
        assert text[start:end] == value
    (slot,) = native.dialogue["turns"][1]["frames"][0]["slots"]
    assert text[slot["start"] : slot["exclusive_end"]] == "Oak Lodge"


def test_an_insertion_before_the_text_leaves_frames_without_spans_as_they_are() -> None:
    native = changed(1, frames=[{"service": "hotel", "slots": None}])
    lodge = dialogue_from_native(Native(native), lambda _: None)
    lodge.turns[1].insertions.append(Insertion("reaction", "How nice!", "before"))
    assert dialogue_to_native(lodge).dialogue["turns"][1]["frames"][0]["slots"] == []


def test_a_dialogue_from_elsewhere_gets_frames(tmp_path: Path) -> None:
    dialogue = Dialogue(
        "mine",
        [
            Turn(
                "user", "A hotel?", state={"hotel": {"type": ["hotel"]}}, acts=[Act("hotel", "inform", "type", "hotel")]
            ),
            Turn("system", "In which part of town?"),
        ],
    )
    multiwoz22.write(tmp_path / "out", [dialogue])
    (native,) = loaded(tmp_path / "out" / "dialogues_001.json")
    assert native["services"] == ["hotel"]
    assert native["turns"][0]["frames"][0]["state"]["slot_values"] == {"hotel-type": ["hotel"]}
    (again,) = multiwoz22.read(tmp_path / "out")
    assert [(turn.state, turn.acts) for turn in again.turns] == [(turn.state, turn.acts) for turn in dialogue.turns]


def test_the_schema_has_the_state_slots() -> None:
    names = {slot["name"] for service in schema() for slot in service["slots"]}
    assert len(names) == 61
    assert {f"{domain}-{slot}" for domain, slots in STATE_SLOTS.items() for slot in slots} <= names
    assert sum(map(len, STATE_SLOTS.values())) == 35


def changed(turn: int, **keys: Any) -> Any:
    native = loaded(FOLDER / "dev" / "dialogues_001.json")[0]
    native["turns"][turn].update(keys)
    return native


def state(**keys: Any) -> list[dict[str, Any]]:
    return [{"service": "hotel", "slots": [], "state": {"slot_values": {}, **keys}}]


@pytest.mark.parametrize(
    ("native", "told"),
    [
        ([], "dialogue_id: expected an object"),
        ({"dialogue_id": "A", "turns": {}}, "turns: expected a list, found dict"),
        ({"dialogue_id": "A", "turns": []}, "turns: there are none"),
        (changed(0, speaker="ROBOT"), "turn 0, speaker: expected USER or SYSTEM, found 'ROBOT'"),
        (changed(0, utterance=None), "turn 0, utterance: expected text"),
        (changed(0, frames=None), "turn 0, frames: expected a list"),
        (changed(2, frames=[{}]), "turn 2, frames[0]: expected an object with a service"),
        (changed(2, frames=state(slot_values=[])), "turn 2, frames[0].state.slot_values: expected an object"),
        (changed(2, frames=state(slot_values={"hotel-area": {}})), "slot_values.hotel-area: expected text"),
        (changed(0, frames=[{"service": "moon", "slots": []}]), "turn 0, frames: unknown domain 'moon'"),
        (changed(0, utterance=" ", frames=[]), "turn 0, utterance: is empty"),
        (
            changed(
                3,
                frames=[
                    {
                        "service": "hotel",
                        "slots": [{"slot": "hotel-name", "start": 3, "exclusive_end": 99, "value": "x"}],
                    }
                ],
            ),
            "turn 3, frames, slot hotel-name: the span 3 to 99 of 'x' lies outside its text",
        ),
    ],
)
def test_an_odd_dialogue_is_told(tmp_path: Path, native: Any, told: str) -> None:
    path = tmp_path / "dialogues_001.json"
    path.write_text(json.dumps([native]), encoding="utf-8")
    problems: list[Problem] = []
    read = list(multiwoz22.read(path, on_problem=problems.append))
    assert [told in str(problem) for problem in problems] == [True]
    assert bool(read) != problems[0].what.endswith("left out")
    with pytest.raises(InputError, match=r"dialogues_001\.json, dialogue "):
        list(multiwoz22.read(path))
    for dialogue in read:
        assert dialogue_to_native(dialogue).dialogue == native


def test_acts_that_are_odd_are_told() -> None:
    native = loaded(FOLDER / "dev" / "dialogues_001.json")[0]
    acts = {
        "1": {"dialogue_acts": {"Moon-Inform": [["area", "x"]]}, "span_info": [["Moon-Inform", "area", "x", 0, 500]]},
        "2": {},
        "17": {"dialog_act": {}},
    }
    problems: list[Problem] = []
    dialogue = dialogue_from_native(Native(native, acts), problems.append)
    assert [problem.what.split(" of ")[0] for problem in problems] == [
        "unknown domain 'moon'",
        "the span 0 to 500",
    ]
    assert dialogue_to_native(dialogue) == (native, acts)


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no dialogues_NNN\.json here"):
        list(multiwoz22.read(tmp_path))
    with pytest.raises(InputError, match="no such file or folder"):
        list(multiwoz22.read(tmp_path / "none"))


def test_columns_hold_the_same_dialogues(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (FOLDER / "columns.jsonl").read_text(encoding="utf-8").splitlines()]
    dialogues = list(multiwoz22_hf.read(FOLDER / "columns.jsonl"))
    for ours, theirs in zip(dialogues, multiwoz22.read(FOLDER), strict=True):
        assert [(turn.text, turn.state, turn.acts, turn.spans, turn.labels) for turn in ours.turns] == [
            (turn.text, turn.state, turn.acts, turn.spans, turn.labels) for turn in theirs.turns
        ]
    for name in ("copy.jsonl", "copy.jsonl.gz", "copy.json", "copy.parquet"):
        assert multiwoz22_hf.write(tmp_path / name, dialogues) == 2
        assert list(multiwoz22_hf.rows(tmp_path / name)) == rows
        assert list(multiwoz22_hf.read(tmp_path / name)) == dialogues


def test_lists_of_objects_are_read_too(tmp_path: Path) -> None:
    row = json.loads((FOLDER / "columns.jsonl").read_text(encoding="utf-8").splitlines()[1])
    names = list(row["turns"])
    row["turns"] = [dict(zip(names, values, strict=True)) for values in zip(*row["turns"].values(), strict=True)]
    row["turns"][0]["speaker"] = "USER"
    (tmp_path / "rows.json").write_text(json.dumps([row]), encoding="utf-8")
    (dialogue,) = multiwoz22_hf.read(tmp_path / "rows.json")
    assert dialogue.turns[0].acts == [Act("train", "inform", "destination", "Ely")]
    assert multiwoz22_hf.row_of(dialogue) == row


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"turns": {}}, "row 0, dialogue_id"),
        ({"dialogue_id": "A", "turns": {"turn_id": ["0"], "speaker": []}}, "turns: expected lists of equal length"),
        ({"dialogue_id": "A", "turns": 3}, "turns: expected parallel lists, found int"),
        (
            {"dialogue_id": "A", "turns": [{"frames": [{"state": {"slots_values": [{}]}}]}]},
            "slots_values: expected slots by name",
        ),
    ],
)
def test_odd_rows_are_told(tmp_path: Path, row: Any, told: str) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    problems: list[Problem] = []
    assert list(multiwoz22_hf.read(tmp_path / "rows.jsonl", on_problem=problems.append)) == []
    assert told in str(problems[0])


def test_a_broken_parquet_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match=r"rows\.parquet: no Parquet file"):
        list(multiwoz22_hf.read(tmp_path / "rows.parquet"))


def test_multiwoz21_becomes_2_2_and_back(tmp_path: Path) -> None:
    source = FOLDER.parent / "multiwoz22_converted" / "converted.json"
    dialogues = list(multiwoz21.read(source))
    multiwoz22.write(tmp_path / "out", dialogues)
    for ours, theirs in zip(multiwoz22.read(tmp_path / "out"), dialogues, strict=True):
        assert [(turn.state or {}, turn.acts, turn.spans) for turn in ours.turns] == [
            (turn.state or {}, turn.acts, turn.spans) for turn in theirs.turns
        ]
