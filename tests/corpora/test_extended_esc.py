"""The published continuations: a trunk with a branch for each strategy, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import formats
from duologue.corpora.guess import guess
from duologue.dialogue import Branch, Dialogue, Turn, check
from duologue.errors import InputError

ONE: dict[str, Any] = {
    "dialog": ["Hi\n", "How are things?", "Not good."],
    "situation": "I am broke.",
    "speakers": ["seeker", "supporter", "seeker"],
    "responses": {"Offer Hope": "it will get better.", "unconditional": "I am sorry."},
    "prompts": {"Offer Hope": "[INST] hope [/INST]"},
}
NONE: dict[str, Any] = ONE | {"dialog": ["Hi"], "speakers": ["seeker"], "responses": {}, "prompts": {}}


@pytest.fixture(params=["folder", "array", "lines", "single"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "12.json").write_text(json.dumps(ONE, indent=4))
        (tmp_path / "in" / "7.json").write_text(json.dumps(NONE, indent=4))
        return tmp_path / "in"
    path = tmp_path / ("in.jsonl" if request.param == "lines" else "in.json")
    if request.param == "single":
        path.write_text(json.dumps(ONE, indent=4))
    elif request.param == "lines":
        path.write_text(f"{json.dumps(ONE)}\n{json.dumps(NONE)}\n")
    else:
        path.write_text(json.dumps([ONE, NONE]))
    return path


def test_every_container_is_read_and_written_back_equal(source: Path, tmp_path: Path) -> None:
    assert guess(source) in ({"extended-esc"}, frozenset())
    dialogues = list(formats.read(source, "extended-esc"))
    assert [problem for dialogue in dialogues for problem in check(dialogue)] == []
    first = next(dialogue for dialogue in dialogues if dialogue.branches)
    assert [turn.speaker for turn in first.turns] == ["user", "system", "user"]
    assert first.facts == {"situation": "I am broke."}
    assert [(branch.at, branch.labels["strategy"]) for branch in first.branches] == [
        (3, ["Offer Hope"]), (3, ["unconditional"]),
    ]  # fmt: skip
    if source.is_dir():
        formats.write(tmp_path / "out", dialogues, "extended-esc")
        names = {file.name: json.loads(file.read_text()) for file in (tmp_path / "out").iterdir()}
        assert names == {"12.json": ONE, "7.json": NONE}
        return
    formats.write(tmp_path / "out.json", dialogues, "extended-esc")
    assert json.loads((tmp_path / "out.json").read_text()) == [ONE, NONE][: len(dialogues)]


def test_other_fields_and_missing_prompts_come_back(tmp_path: Path) -> None:
    native = {name: value for name, value in ONE.items() if name != "prompts"} | {"conv_id": "c1", "turn": 2}
    (tmp_path / "in.json").write_text(json.dumps([native]))
    formats.write(tmp_path / "out.json", formats.read(tmp_path / "in.json", "extended-esc"), "extended-esc")
    assert json.loads((tmp_path / "out.json").read_text()) == [native]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"speakers": ["seeker"]}, "3 turns have 1 speakers"),
        ({"speakers": ["seeker", "bot", "seeker"]}, r"speakers\[1\]: 'bot' is neither"),
        ({"dialog": "Hi"}, "dialog: expected a list of texts"),
        ({"responses": ["x"]}, "responses: expected a text for each strategy"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    (tmp_path / "in.json").write_text(json.dumps([ONE | change]))
    with pytest.raises(InputError, match=says):
        list(formats.read(tmp_path / "in.json", "extended-esc"))


def test_two_replies_with_one_strategy_have_no_place(tmp_path: Path) -> None:
    branches = [Branch(f"b{n}", 1, [Turn("system", "x")], labels={"strategy": ["Offer Hope"]}) for n in range(2)]
    dialogue = Dialogue("d", [Turn("user", "Hi")], branches=branches)
    with pytest.raises(InputError, match="a second reply with the strategy Offer Hope"):
        formats.write(tmp_path / "out.json", [dialogue], "extended-esc")
