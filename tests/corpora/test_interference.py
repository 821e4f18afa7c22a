"""Interference files: insertions beside untouched MultiWOZ turns, and all that can be wrong with `augmented_idx`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import interference, interference_steps
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.dialogue import Dialogue, Insertion, Problem, check
from duologue.errors import InputError

FIXTURES = Path(__file__).parents[1] / "fixtures"
PATH = FIXTURES / "interference" / "interference.json"
MULTIWOZ = FIXTURES / "fusedchat" / "multiwoz.json"


def _written(folder: Path, dialogues: list[Dialogue]) -> Any:
    interference.write(folder / "out.json", dialogues)
    return json.loads((folder / "out.json").read_text())


def test_round_trip_with_one_and_with_two_exchanges(tmp_path: Path) -> None:
    assert _written(tmp_path, list(interference.read(PATH))) == json.loads(PATH.read_text())


def test_backstory_after_the_user_and_reaction_before_the_system() -> None:
    first, second = interference.read(PATH)
    assert first.turns[0].said == "A place to stay up north? My sister turns 30 and we meet there."
    assert first.turns[1].said == "Happy birthday to her! Oak Lodge is there."
    assert first.turns[0].state == {"hotel": {"area": ["north", "the north"]}}
    assert interference.augmented(second) == [0, 1, 4, 5]
    assert list(check(first)) == []


def test_original_fields_equal_the_source(tmp_path: Path) -> None:
    dialogues = list(multiwoz21.read(MULTIWOZ))
    dialogues[0].turns[2].insertions.append(Insertion("backstory", "We flee the noise.", "after", by="k1"))
    dialogues[0].turns[3].insertions.append(Insertion("reaction", "Peace to you.", "before", by="k2"))
    written = _written(tmp_path, dialogues)
    source = json.loads(MULTIWOZ.read_text())["MUL9001.json"]
    assert list(written) == ["MUL9001"], "ids have no .json, and what was not augmented is left out"
    item = written["MUL9001"]
    assert item.pop("augmented_idx") == [2, 3]
    assert item["log"][2].pop("backstory") == "We flee the noise."
    assert item["log"][3].pop("reaction") == "Peace to you."
    assert item == source


def _broken(**change: Any) -> dict[str, Any]:
    native: dict[str, Any] = json.loads(PATH.read_text())["MUL9001"]
    for place, value in change.items():
        if place == "idx":
            native["augmented_idx"] = value
        elif value is None:
            del native["log"][int(place[1])][place[3:]]
        else:
            native["log"][int(place[1])][place[3:]] = value
    return native


@pytest.mark.parametrize(
    ("native", "where", "what"),
    [
        (_broken(idx=[1, 2]), "augmented_idx", "pairs of an even number and the next"),
        (_broken(idx=[0]), "augmented_idx", "pairs"),
        (_broken(idx=[]), "augmented_idx", "is empty"),
        (_broken(idx="0"), "augmented_idx", "expected a list of turn numbers"),
        (_broken(idx=[0, 1, 8, 9]), "augmented_idx", "turn 8 is not among the 4 turns"),
        (_broken(idx=[0, 1, 2, 3]), "turn 2", "has no backstory"),
        (_broken(t1_reaction=None), "turn 1", "has no reaction"),
        (_broken(t3_reaction="Oh."), "turn 3, reaction", "not in augmented_idx"),
        (_broken(t1_backstory="Oh."), "turn 1, backstory", "does not belong on a system turn"),
    ],
)
def test_what_does_not_fit_is_told_and_still_written_back(
    tmp_path: Path, native: dict[str, Any], where: str, what: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"MUL9001": native}))
    problems: list[Problem] = []
    dialogues = list(interference.read(path, on_problem=problems.append))
    assert any(problem.where == where and what in problem.what for problem in problems), problems
    assert _written(tmp_path, dialogues) == {"MUL9001": native}
    with pytest.raises(InputError, match="dialogue MUL9001"):
        list(interference.read(path))


def test_an_empty_backstory_is_found_by_check(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"MUL9001": _broken(t0_backstory=" ")}))
    (dialogue,) = interference.read(tmp_path / "bad.json")
    assert [problem.where for problem in check(dialogue)] == ["turn 0, insertion backstory"]


def test_a_backstory_that_is_no_text_is_a_named_skip(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"MUL9001": _broken(t0_backstory=3)}))
    problems: list[Problem] = []
    assert list(interference.read(tmp_path / "bad.json", on_problem=problems.append)) == []
    assert str(problems[0]) == "dialogue MUL9001, turn 0, backstory: expected text, found int; left out"


def test_steps_alone_are_the_context_and_the_exchange() -> None:
    problems: list[Problem] = []
    first, second = interference_steps.read(
        FIXTURES / "interference" / "gen_backstories.json", on_problem=problems.append
    )
    assert [turn.said for turn in first.turns] == [
        "A place to stay up north ?",
        "Oak Lodge is there, it's quiet .",
        "Book it for two from monday . My sister turns 30 that day.",
        "Done . It is K7TT1 .",
    ]
    assert first.facts == {"situation": "My sister is turning 30 soon."}
    assert [turn.said for turn in second.turns] == ["Is there a museum in town ?", "Mill House Museum ."]
    assert [(p.dialogue, p.where) for p in problems] == [("SNG9002", "turn 0, backstory")]


def test_steps_with_multiwoz_become_an_interference_file(tmp_path: Path) -> None:
    dialogues = interference_steps.read(
        FIXTURES / "interference" / "gen_reactions.json", multiwoz=multiwoz21.read(MULTIWOZ)
    )
    written = _written(tmp_path, list(dialogues))
    assert written["MUL9001"]["augmented_idx"] == [2, 3]
    assert written["MUL9001"]["log"][3]["reaction"] == "Happy birthday to your sister!"
    assert [d.id for d in interference.read(tmp_path / "out.json")] == ["MUL9001"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rand_idx": 3}, "rand_idx: expected an even number"),
        ({"context": "what?"}, "context: item 0"),
        ({"usr_utt": 1}, "usr_utt"),
    ],
)
def test_a_bad_step_is_one_line(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    item = json.loads((FIXTURES / "interference" / "gen_reactions.json").read_text())["MUL9001"]
    (tmp_path / "bad.json").write_text(json.dumps({"MUL9001": item | change}))
    with pytest.raises(InputError, match=says):
        list(interference_steps.read(tmp_path / "bad.json"))
