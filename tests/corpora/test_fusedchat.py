"""FusedChat: derived from MultiWOZ by position, back to the same JSON, and honest where the two disagree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora import fusedchat, fusedchat_lexicalized
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.dialogue import Dialogue, Problem, check, diff
from duologue.errors import InputError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "fusedchat"
PREPENDED = FIXTURES / "fusedchat_prepended.json"
APPENDED = FIXTURES / "fusedchat_appended.json"


def _multiwoz() -> dict[str, Dialogue]:
    return {d.id: d for d in multiwoz21.read(FIXTURES / "multiwoz.json")}


@pytest.mark.parametrize("path", [PREPENDED, APPENDED])
@pytest.mark.parametrize("derived", [False, True])
def test_round_trip(tmp_path: Path, path: Path, derived: bool) -> None:
    problems: list[Problem] = []
    dialogues = fusedchat.read(path, multiwoz=_multiwoz() if derived else None, on_problem=problems.append)
    fusedchat.write(tmp_path / "out.json", dialogues)
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(path.read_text())
    assert problems == []


def test_prepended_chat_has_no_source_and_originals_carry_their_annotation() -> None:
    multiwoz = _multiwoz()
    fused, _ = fusedchat.read(PREPENDED, multiwoz=multiwoz)
    parent = multiwoz["MUL9001"]
    assert fused.id.startswith("MUL9001~")
    assert fused.origin is not None
    assert fused.origin.parent == "MUL9001"
    assert [turn.source for turn in fused.turns] == [None] * 4 + [("MUL9001", i) for i in range(6)]
    assert [turn.labels["fusedchat"] for turn in fused.turns][:5] == [["prepended"]] * 4 + [["rewritten"]]
    assert fused.goal == parent.goal
    rewritten = fused.turns[4]
    assert rewritten.text == "So, a place to stay around there?"
    assert rewritten.state == parent.turns[0].state == {"hotel": {"area": ["north"]}}
    assert rewritten.acts == parent.turns[0].acts
    assert rewritten.spans == []
    for turn, source in zip(fused.turns[5:], parent.turns[1:], strict=True):
        assert (turn.text, turn.spans, turn.state, turn.acts, turn.booked) == (
            source.text,
            source.spans,
            source.state,
            source.acts,
            source.booked,
        )
    assert list(check(fused)) == []


def test_spans_of_a_rewritten_turn_are_found_again_where_their_value_still_stands() -> None:
    (fused,) = fusedchat.read(APPENDED, multiwoz=_multiwoz())
    rewritten = fused.turns[2]
    assert [rewritten.text[span.start : span.end] for span in rewritten.spans] == ["two", "monday"]


def test_diff_with_the_parent_goes_by_source() -> None:
    multiwoz = _multiwoz()
    fused, _ = fusedchat.read(PREPENDED, multiwoz=multiwoz)
    changes = [(c.what, c.turn) for c in diff(multiwoz["MUL9001"], fused) if c.what != "relabelled"]
    assert changes == [("added", 0), ("added", 1), ("added", 2), ("added", 3), ("rewritten", 4)]


def test_a_derived_dialogue_is_written_as_multiwoz_under_its_parents_id(tmp_path: Path) -> None:
    fused, _ = fusedchat.read(PREPENDED, multiwoz=_multiwoz())
    multiwoz21.write(tmp_path / "mw.json", [fused])
    native = json.loads((tmp_path / "mw.json").read_text())["MUL9001.json"]
    assert len(native["log"]) == 10
    assert native["log"][5]["metadata"]["hotel"]["semi"]["area"] == "north"


def test_disagreeing_counts_and_texts_and_missing_dialogues_are_told(tmp_path: Path) -> None:
    native = json.loads(PREPENDED.read_text())
    native["MUL9001"]["turns"][7] = "Which cuisine would you like to eat tonight?"
    native["SNG9002"]["turns"].append("Thanks!")
    native["SNG9002"]["types"].append("original")
    native["MUL1"] = native["SNG9002"]
    (tmp_path / "fused.json").write_text(json.dumps(native))
    problems: list[Problem] = []
    dialogues = list(fusedchat.read(tmp_path / "fused.json", multiwoz=_multiwoz(), on_problem=problems.append))
    assert [(p.dialogue, p.where) for p in problems] == [("MUL9001", "turn 7"), ("SNG9002", "types"), ("MUL1", "id")]
    assert "3 turns of MultiWOZ, where MultiWOZ has 2" in problems[1].what
    assert dialogues[1].turns[-1].source is None
    assert dialogues[2].origin is None
    with pytest.raises(InputError, match="dialogue MUL9001, turn 7"):
        list(fusedchat.read(tmp_path / "fused.json", multiwoz=_multiwoz()))


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"turns": ["Hi"], "types": []}, "dialogue MUL1, types: 1 turns have 0 types"),
        ({"turns": ["Hi"], "types": ["begun"]}, "types[0]: 'begun' is none of original"),
        ({"turns": "Hi", "types": []}, "turns: expected a list of texts"),
        ([], "expected an object"),
    ],
)
def test_a_bad_item_is_one_line_or_a_named_skip(tmp_path: Path, item: object, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"MUL1": item, "MUL2": {"turns": ["Hi"], "types": ["original"]}}))
    with pytest.raises(InputError) as error:
        list(fusedchat.read(path))
    assert says in str(error.value)
    assert str(path) in str(error.value)
    problems: list[Problem] = []
    assert [d.id for d in fusedchat.read(path, on_problem=problems.append)] == ["MUL2"]
    assert problems[0].what.endswith("; left out")


def test_partitions() -> None:
    for name in ("partition_dictionary_id_to_partition.json", "partition_dictionary_partition_to_id.json"):
        partition = fusedchat.read_partition(FIXTURES / name)
        assert partition == {"MUL9001": "train", "SNG9002": "test"}
        assert [d.id for d in fusedchat.read(PREPENDED, partition=partition, split="test")] == ["SNG9002"]


def test_lexicalized_companion() -> None:
    (dialogue,) = fusedchat_lexicalized.read(FIXTURES / "prepended_lexicalized.json", split="train")
    assert [turn.labels.get("fusedchat") for turn in dialogue.turns] == [["chitchat"], ["chitchat"], None, None]
    assert dialogue.turns[2].state == {"hotel": {"area": ["north"]}}
    assert dialogue.turns[0].acts is None
    assert list(fusedchat_lexicalized.read(FIXTURES / "prepended_lexicalized.json", split="val")) == []


item = st.lists(st.tuples(st.text(max_size=20), st.sampled_from(fusedchat.TYPES)), max_size=8).map(
    lambda pairs: {"turns": [text for text, _ in pairs], "types": [kind for _, kind in pairs]}
)


@settings(max_examples=50, deadline=None)
@given(native=st.dictionaries(st.from_regex(r"\A(MUL|SNG)[0-9]{4}\Z"), item, max_size=4))
def test_any_file_comes_back_equal(tmp_path_factory: pytest.TempPathFactory, native: dict[str, object]) -> None:
    folder = tmp_path_factory.mktemp("fused")
    (folder / "in.json").write_text(json.dumps(native))
    problems: list[Problem] = []
    read = fusedchat.read(folder / "in.json", multiwoz=_multiwoz(), on_problem=problems.append)
    fusedchat.write(folder / "out.json", read)
    assert json.loads((folder / "out.json").read_text()) == native
