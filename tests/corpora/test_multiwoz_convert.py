from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz import v22 as multiwoz22
from duologue.corpora.multiwoz.convert import convert
from duologue.dialogue import Problem
from duologue.errors import InputError

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDER, OLD, EXPECTED = (
    FIXTURES / "multiwoz22",
    FIXTURES / "multiwoz22_converted" / "data21.json",
    FIXTURES / "multiwoz22_converted" / "converted.json",
)


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", [FOLDER, FOLDER / "columns.jsonl"])
def test_2_1_gets_the_corrections_of_2_2(tmp_path: Path, source: Path) -> None:
    problems: list[Problem] = []
    count = convert(source, tmp_path / "out.json", multiwoz21_path=OLD, on_problem=problems.append)
    assert count == 2
    assert [str(problem) for problem in problems] == ["dialogue SNG01862, dialogue: is not in MultiWOZ 2.2; left out"]
    assert loaded(tmp_path / "out.json") == loaded(EXPECTED)
    if source == FOLDER:
        assert (tmp_path / "out.json").read_text(encoding="utf-8") == EXPECTED.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="dialogue SNG01862, dialogue: is not in"):
        convert(source, tmp_path / "none.json", multiwoz21_path=OLD)
    assert not (tmp_path / "none.json").exists()


def test_the_converted_file_reads_like_2_2(tmp_path: Path) -> None:
    for ours, theirs in zip(multiwoz21.read(EXPECTED), multiwoz22.read(FOLDER), strict=True):
        assert [(turn.text, turn.state or {}, turn.acts, turn.spans) for turn in ours.turns] == [
            (turn.text, turn.state or {}, turn.acts, turn.spans) for turn in theirs.turns
        ]
    multiwoz21.write(tmp_path / "copy.json", multiwoz21.read(EXPECTED))
    assert loaded(tmp_path / "copy.json") == loaded(EXPECTED)


@pytest.mark.parametrize("source", [FOLDER, FOLDER / "columns.jsonl"])
def test_2_2_alone_gives_the_same_without_goals_and_bookings(tmp_path: Path, source: Path) -> None:
    assert convert(source, tmp_path / "out.json") == 2
    ours, theirs = loaded(tmp_path / "out.json"), loaded(EXPECTED)
    assert list(ours) == list(theirs)
    for dialogue_id, native in ours.items():
        assert native["goal"] == {}
        for turn, expected in zip(native["log"], theirs[dialogue_id]["log"], strict=True):
            assert turn.keys() == expected.keys()
            assert (turn["text"], turn["dialog_act"], turn["span_info"]) == (
                expected["text"],
                expected["dialog_act"],
                expected["span_info"],
            )
            for domain, metadata in expected["metadata"].items():
                filled = turn["metadata"][domain]
                assert {slot: filled["semi"][slot] for slot in metadata["semi"]} == metadata["semi"]
                book = {slot: value for slot, value in metadata["book"].items() if slot not in ("booked", "ticket")}
                assert {slot: filled["book"][slot] for slot in book} == book
                assert filled["book"]["booked"] == []


def test_turns_that_do_not_match_are_told(tmp_path: Path) -> None:
    old = loaded(OLD)
    old["MUL9001.json"]["log"].pop()
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    problems: list[Problem] = []
    assert (
        convert(FOLDER, tmp_path / "out.json", multiwoz21_path=tmp_path / "old.json", on_problem=problems.append) == 1
    )
    assert "has 5 turns, 6 in MultiWOZ 2.2" in problems[0].what
