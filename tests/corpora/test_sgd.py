"""The Schema-Guided Dialogue layout: what is read, what is written back, what wins, and what is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sgd_natives
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora import formats, sgd
from duologue.corpora.problems import UnreadableDialogue
from duologue.corpora.sgd.codec import dialogue_from_native, dialogue_to_native
from duologue.corpora.sgd.services import read_schema
from duologue.dialogue import Act, Dialogue, Insertion, Problem, Span, Turn, check, read, write
from duologue.errors import InputError

FOLDER = Path(__file__).parents[1] / "fixtures" / "sgd"
FILES = ("dialogues_001.json", "dialogues_002.json", "schema.json")
CAFE, TRAM = "Cafes_1", "Trams_1"


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def text_of(native: Any) -> str:
    """JSON as text: for Python `True == 1`."""
    return json.dumps(native, sort_keys=True)


def ignore(_: Problem) -> None:
    pass


def test_reads_states_acts_spans_intents_requests_and_calls() -> None:
    cafe, tram, old = sgd.read(FOLDER)
    assert [dialogue.id for dialogue in (cafe, tram, old)] == ["1_00000", "1_00001", "2_00000"]
    assert [problem for dialogue in (cafe, tram, old) for problem in check(dialogue)] == []
    first, offer, booking, confirming, agreeing = cafe.turns[:5]
    assert first.state == {CAFE: {"city": ["Ely"], "outdoor_seating": ["True"]}}
    assert first.labels == {"active_intent": ["Cafes_1-FindCafes"]}
    assert offer.state is None
    assert offer.labels == {"tool_calls": ["FindCafes"]}
    assert offer.acts == [
        Act(CAFE, "offer", "cafe_name", "The Blue Cup"),
        Act(CAFE, "offer", "address", "12 Mill Lane"),
        Act(CAFE, "inform_count", "count", "3"),
    ]
    assert offer.spans == [
        Span("cafe_name", "The Blue Cup", 13, 25, CAFE),
        Span("address", "12 Mill Lane", 29, 41, CAFE),
    ]
    assert booking.acts is not None
    assert booking.acts[1:] == [
        Act(CAFE, "select"),
        Act(CAFE, "inform", "time", "half past three"),
        Act(CAFE, "request", "phone_number"),
    ]
    assert booking.labels["requested_slots"] == ["Cafes_1-phone_number"]
    assert confirming.acts is not None
    assert [act.value for act in confirming.acts if act.intent == "request"] == ["3", "4"]
    assert agreeing.state is not None
    assert agreeing.state[CAFE]["time"] == ["3:30 pm", "half past three"]
    assert old.turns[0].acts is None


def test_the_state_keeps_the_service_before() -> None:
    cafe = next(sgd.read(FOLDER))
    agreeing, both, closing = cafe.turns[4], cafe.turns[6], cafe.turns[8]
    assert agreeing.state is not None
    assert both.state is not None
    assert closing.state is not None
    assert both.labels == {"active_intent": ["Trams_1-FindTram"]}
    assert both.state[TRAM] == {"from_stop": ["Ash Street"], "line": ["dontcare"], "to_stop": ["12 Mill Lane"]}
    assert both.state[CAFE] == closing.state[CAFE] == agreeing.state[CAFE]
    both.state[CAFE]["time"].append("later")
    assert closing.state[CAFE]["time"] == ["3:30 pm", "half past three"]


def test_a_folder_is_written_back_equal_also_by_way_of_our_own_format(tmp_path: Path) -> None:
    assert write(tmp_path / "ours.jsonl", sgd.read(FOLDER)) == 3
    assert sgd.write(tmp_path / "copy", read(tmp_path / "ours.jsonl")) == 3
    for name in FILES:
        assert loaded(tmp_path / "copy" / name) == loaded(FOLDER / name)
    assert sgd.write(tmp_path / "one.json.gz", sgd.read(FOLDER / "dialogues_001.json")) == 2
    assert [dialogue.turns for dialogue in sgd.read(tmp_path / "one.json.gz")] == [
        dialogue.turns for dialogue in sgd.read(FOLDER / "dialogues_001.json")
    ]


def test_native_holds_only_what_the_schema_does_not_model() -> None:
    cafe = next(sgd.read(FOLDER))
    kept = [turn.native.get("sgd") for turn in cafe.turns]
    assert kept[0] is None
    assert kept[2] == {"canonical": {CAFE: {"time": {"half past three": "15:30"}}}}
    assert list(kept[5]["frames"][CAFE]) == ["service_call", "service_results"]


def test_without_schema_json_it_reads_and_writes_all_the_same(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "dialogues_001.json", tmp_path)
    dialogues = list(sgd.read(tmp_path))
    assert [dialogue.turns for dialogue in dialogues] == [
        dialogue.turns for dialogue in sgd.read(FOLDER / "dialogues_001.json")
    ]
    sgd.write(tmp_path / "copy", dialogues)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["dialogues_001.json"]


def test_some_of_the_dialogues_bring_their_own_services(tmp_path: Path) -> None:
    _, tram, _ = sgd.read(FOLDER)
    sgd.write(tmp_path, [tram])
    assert loaded(tmp_path / "schema.json") == [loaded(FOLDER / "schema.json")[2]]


def test_the_whole_set_has_the_same_ids_in_every_split(tmp_path: Path) -> None:
    for split in ("dev", "test"):
        shutil.copytree(FOLDER, tmp_path / "set" / split)
    (tmp_path / "set" / "test" / "schema.json").unlink()
    dialogues = list(sgd.read(tmp_path / "set"))
    assert [dialogue.id for dialogue in dialogues[::3]] == ["dev-1_00000", "test-1_00000"]
    sgd.write(tmp_path / "copy", dialogues)
    for split in ("dev", "test"):
        for name in FILES[:2]:
            assert loaded(tmp_path / "copy" / split / name) == loaded(FOLDER / name)
    assert loaded(tmp_path / "copy" / "dev" / "schema.json") == loaded(FOLDER / "schema.json")
    assert not (tmp_path / "copy" / "test" / "schema.json").exists()


def test_what_was_changed_wins_and_the_rest_stays() -> None:
    cafe = next(sgd.read(FOLDER))
    booking, confirming, done = cafe.turns[2], cafe.turns[3], cafe.turns[5]
    assert booking.state is not None
    assert confirming.acts is not None
    booking.state[CAFE]["time"] = ["four"]
    booking.labels["requested_slots"] = ["Cafes_1-address"]
    confirming.acts[1] = Act(CAFE, "confirm", "number_of_seats", "4")
    confirming.spans = confirming.spans[:1]
    done.acts = None
    turns = dialogue_to_native(cafe)["turns"]
    (frame,) = turns[2]["frames"]
    assert frame["state"]["slot_values"]["time"] == ["four"]
    assert frame["state"]["requested_slots"] == ["address"]
    assert frame["actions"][2]["canonical_values"] == ["15:30"]
    (frame,) = turns[3]["frames"]
    assert [action["values"] for action in frame["actions"]] == [["01632 960123"], ["4"], ["3:30 pm"], ["3", "4"]]
    assert [action["canonical_values"] for action in frame["actions"][1:3]] == [["4"], ["15:30"]]
    assert [slot["slot"] for slot in frame["slots"]] == ["phone_number"]
    (frame,) = turns[5]["frames"]
    assert frame["actions"] == []
    assert frame["service_call"] == loaded(FOLDER / FILES[0])[0]["turns"][5]["frames"][0]["service_call"]


def test_a_change_to_the_service_before_gets_a_frame() -> None:
    cafe = next(sgd.read(FOLDER))
    closing = cafe.turns[8]
    assert closing.state is not None
    closing.state[CAFE]["number_of_seats"] = ["4"]
    frames = dialogue_to_native(cafe)["turns"][8]["frames"]
    assert [frame["service"] for frame in frames] == [TRAM, CAFE]
    assert frames[1]["state"]["slot_values"]["number_of_seats"] == ["4"]
    del closing.state[CAFE]
    frames = dialogue_to_native(cafe)["turns"][8]["frames"]
    assert frames[1]["state"]["slot_values"] == {}


def test_spans_move_with_an_insertion_before_the_text() -> None:
    cafe = next(sgd.read(FOLDER))
    cafe.turns[1].insertions.append(Insertion("reaction", "How nice!", "before"))
    turn = dialogue_to_native(cafe)["turns"][1]
    assert turn["utterance"].startswith("How nice! There are 3.")
    spans = [turn["utterance"][slot["start"] : slot["exclusive_end"]] for slot in turn["frames"][0]["slots"]]
    assert spans == ["The Blue Cup", "12 Mill Lane"]


def test_a_dialogue_from_elsewhere_gets_frames(tmp_path: Path) -> None:
    state = {"hotel": {"type": ["hotel"]}}
    spans = [Span("type", "hotel", 2, 7)]
    turns = [
        Turn("user", "A hotel?", state=state, acts=[Act("hotel", "inform", "type", "hotel")], spans=spans),
        Turn("system", "In which part of town?"),
        Turn("user", "I don't mind.", state=state),
        Turn("system", "Very well."),
    ]
    sgd.write(tmp_path, [Dialogue("mine", turns)])
    (native,) = loaded(tmp_path / "dialogues_001.json")
    assert native["services"] == ["hotel"]
    assert native["turns"][1]["frames"] == []
    assert native["turns"][2]["frames"][0]["state"]["slot_values"] == {"type": ["hotel"]}
    (again,) = sgd.read(tmp_path)
    assert [(turn.state, turn.acts) for turn in again.turns] == [(turn.state, turn.acts) for turn in turns]
    assert again.turns[0].spans == [Span("type", "hotel", 2, 7, "hotel")]
    with pytest.raises(InputError, match="SGD knows user and system only"):
        sgd.write(tmp_path, [Dialogue("mine", [Turn("tool", "{}")])])
    with pytest.raises(InputError, match=r"names the file '\.\./dialogues_1'"):
        sgd.write(tmp_path, [Dialogue("mine", turns, native={"sgd": {"file": "../dialogues_1"}})])


def test_it_is_told_apart_from_multiwoz_22() -> None:
    multiwoz = FOLDER.parent / "multiwoz22"
    for source, right, wrong in ((FOLDER, "sgd", "multiwoz22"), (multiwoz, "multiwoz22", "sgd")):
        for path in (source, next(source.rglob("dialogues_001.json"))):
            assert list(formats.read(path, right))
            with pytest.raises(InputError, match=f"this looks like {right}, not {wrong}; name the format {right}"):
                list(formats.read(path, wrong))


def changed(turn: int, **keys: Any) -> Any:
    native = loaded(FOLDER / "dialogues_001.json")[0]
    native["turns"][turn].update(keys)
    return native


def framed(turn: int, **keys: Any) -> Any:
    return changed(turn, frames=[{"service": CAFE, "actions": [], "slots": [], **keys}])


@pytest.mark.parametrize(
    ("native", "told"),
    [
        ([], "dialogue ?, dialogues_007.json, dialogue_id: expected an object with a dialogue_id"),
        ({"dialogue_id": "A", "turns": {}}, "dialogue A, dialogues_007.json, turns: expected a list, found dict"),
        ({"dialogue_id": "A", "turns": []}, "turns: there are none"),
        ({**changed(0), "services": "Cafes_1"}, "services: expected a list of names, found 'Cafes_1'"),
        (changed(0, speaker="ROBOT"), "turn 0, speaker: expected USER or SYSTEM, found 'ROBOT'"),
        (changed(0, utterance=None), "turn 0, utterance: expected text, found NoneType"),
        (changed(0, utterance=" ", frames=[]), "turn 0, utterance: is empty"),
        (changed(3, frames=None), "dialogue 1_00000, dialogues_007.json, turn 3, frames: expected a list"),
        (changed(3, frames=[{}]), "turn 3, frames[0]: expected an object with a service"),
        (framed(3, actions=[{}]), "turn 3, frames[0].actions[0]: expected an object with an act"),
        (framed(3, actions=[{"act": "OFFER", "slot": 3}]), "frames[0].actions[0].slot: expected text, found int"),
        (
            framed(3, actions=[{"act": "OFFER", "values": [3]}]),
            "actions[0].values: expected a list of texts, found [3]",
        ),
        (framed(3, slots=[{"start": 3}]), "turn 3, frames[0].slots[0]: expected an object with a slot"),
        (framed(3, slots=[{"slot": "city", "start": 0}]), "slots[0]: expected whole numbers start and exclusive_end"),
        (
            framed(3, slots=[{"slot": "city", "start": 3, "exclusive_end": 999}]),
            "turn 3, frames[0].slots[0]: the span 3 to 999 lies outside its text",
        ),
        (framed(3, slots=[{"slot": "moon", "start": 0, "exclusive_end": 2}]), "unknown slot 'moon'"),
        (framed(3, service_call=["x"]), "turn 3, frames[0].service_call: expected an object, found list"),
        (framed(3, service_results={}), "turn 3, frames[0].service_results: expected a list, found dict"),
        (framed(3, state={}), "frames[0].state: lies on a system turn"),
        (
            framed(3, service="Moons_1"),
            "frames[0].service: unknown service 'Moons_1': schema.json has none of this name",
        ),
        (framed(2, state=3), "turn 2, frames[0].state: expected an object, found int"),
        (framed(2, state={"active_intent": 3}), "frames[0].state.active_intent: expected text, found int"),
        (framed(2, state={"requested_slots": "x"}), "frames[0].state.requested_slots: expected a list, found str"),
        (framed(2, state={"slot_values": {"city": "Ely"}}), "state.slot_values.city: expected a list, found str"),
        (framed(2, state={"slot_values": {"city": [3]}}), "slot_values.city: expected a list of texts, found 3 in it"),
        (
            framed(2, state={"slot_values": {"moon": ["x"]}}),
            "turn 2, frames[0].state.slot_values: unknown slot 'moon': schema.json has none of this name in Cafes_1",
        ),
    ],
)
def test_an_odd_dialogue_is_told(tmp_path: Path, native: Any, told: str) -> None:
    shutil.copy(FOLDER / "schema.json", tmp_path)
    (tmp_path / "dialogues_007.json").write_text(json.dumps([native]), encoding="utf-8")
    problems: list[Problem] = []
    dialogues = list(sgd.read(tmp_path, on_problem=problems.append))
    assert [told in str(problem) for problem in problems] == [True]
    assert bool(dialogues) != problems[0].what.endswith("left out")
    for dialogue in dialogues:
        assert dialogue_to_native(dialogue) == native
    with pytest.raises(InputError, match=r"dialogues_007\.json, .*; mend this dialogue or take it out$") as stopped:
        list(sgd.read(tmp_path))
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("{}", r"schema\.json: expected JSON that is a list"),
        ("[{", r"schema\.json: broken JSON"),
        ("[{}]", r"schema\.json, service 0: expected an object with a service_name"),
        (
            '[{"service_name": "A_1", "slots": [3]}]',
            r"service 0 \(A_1\): slots: expected a list of objects with a name",
        ),
        (
            '[{"service_name": "A", "slots": []}, {"service_name": "A"}]',
            "service 1: service_name: 'A' stands in the file",
        ),
    ],
)
def test_a_broken_schema_is_one_line(tmp_path: Path, schema: str, told: str) -> None:
    shutil.copy(FOLDER / "dialogues_001.json", tmp_path)
    (tmp_path / "schema.json").write_text(schema)
    with pytest.raises(InputError, match=told):
        list(sgd.read(tmp_path))


def test_a_folder_without_dialogues_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no dialogues_NNN\.json here or one folder below; give the folder of SGD"):
        list(sgd.read(tmp_path))
    (tmp_path / "dialogues_001.json").write_text('[{"dialogue_id": "1"')
    with pytest.raises(InputError, match=r"dialogues_001\.json: broken JSON"):
        list(sgd.read(tmp_path))


@settings(max_examples=200)
@given(sgd_natives.dialogues())
def test_any_dialogue_that_can_be_read_is_written_back_equal(native: dict[str, Any]) -> None:
    dialogue = dialogue_from_native(native, ignore)
    assert text_of(dialogue_to_native(dialogue)) == text_of(native)
    stored = msgspec.json.decode(msgspec.json.encode(dialogue), type=Dialogue)
    assert text_of(dialogue_to_native(stored)) == text_of(native)


@settings(max_examples=200)
@given(sgd_natives.dialogues(), st.data())
def test_whatever_is_changed_is_what_is_written(native: dict[str, Any], data: st.DataObject) -> None:
    dialogue = dialogue_from_native(native, ignore)
    for turn in dialogue.turns:
        if data.draw(st.booleans()):
            turn.acts = data.draw(st.none() | st.lists(sgd_natives.acts, min_size=1, max_size=3))
        if data.draw(st.booleans()):
            turn.spans = data.draw(st.lists(sgd_natives.spans(), max_size=2))
        if turn.speaker == "user" and data.draw(st.booleans()):
            turn.state = data.draw(sgd_natives.states)
    again = dialogue_from_native(dialogue_to_native(dialogue), ignore)
    for ours, theirs in zip(dialogue.turns, again.turns, strict=True):
        assert (ours.state or {}) == (theirs.state or {})
        for name in ("acts", "spans"):
            both = [sorted(getattr(turn, name) or [], key=lambda each: each.domain) for turn in (ours, theirs)]
            assert both[0] == both[1]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


NATIVE = loaded(FOLDER / "dialogues_001.json")[0]
ANY = st.sampled_from([None, True, 0, 3, -7, 2.5, "", "x", [], ["x"], [[]], {}, {"x": 1}, [{}], {"Cafes_1": {}}])


@settings(max_examples=200)
@given(st.sampled_from(list(places(NATIVE))), ANY)
def test_with_any_value_replaced_it_is_written_back_equal_or_left_out(path: tuple[Any, ...], value: Any) -> None:
    native = json.loads(json.dumps(NATIVE))
    inner = native
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        dialogue = dialogue_from_native(native, ignore, schema=read_schema(FOLDER))
    except UnreadableDialogue:
        return
    assert text_of(dialogue_to_native(dialogue)) == text_of(native)
