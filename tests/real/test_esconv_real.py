"""Real ESConv files: all read, written back equal, and the continuation points of the published rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import formats
from duologue.corpora.continuation_points import points
from duologue.dialogue import Dialogue

SAMPLES = ("677", "714", "1044", "1386", "4405")


@pytest.fixture(scope="module")
def esconv(data_dir: Path) -> Path:
    return data_dir / "esconv"


def test_multiesc_is_written_back_equal(esconv: Path, tmp_path: Path) -> None:
    source = esconv / "multiesc_valid.txt"
    assert formats.write(tmp_path / "out.txt", formats.read(source, "esconv"), "esconv") == 195
    assert _lines(tmp_path / "out.txt") == _lines(source)


def test_failed_esconv_is_written_back_equal(esconv: Path, tmp_path: Path) -> None:
    source = esconv / "FailedESConv.json"
    dialogues = list(formats.read(source, "esconv", whitespace="regular"))
    assert (
        len({dialogue.id for dialogue in dialogues}) == formats.write(tmp_path / "out.json", dialogues, "esconv") == 196
    )
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == json.loads(source.read_text("utf-8"))
    labels = {name for dialogue in dialogues for turn in dialogue.turns for name in turn.labels.get("strategy", [])}
    assert labels == {
        "Question", "Restatement or Paraphrasing", "Reflection of feelings", "Self-disclosure",
        "Affirmation and Reassurance", "Providing Suggestions", "Information", "Others",
    }  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_published_continuations_are_written_back_equal(esconv: Path, tmp_path: Path, name: str) -> None:
    source = esconv / f"sra_{name}.json"
    (dialogue,) = formats.read(source, "extended-esc")
    native = json.loads(source.read_text("utf-8"))
    assert [branch.labels["strategy"][0] for branch in dialogue.branches] == list(native["responses"])
    formats.write(tmp_path / "out.json", [dialogue], "extended-esc")
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == [native]


@pytest.mark.parametrize("name", ["multiesc_valid.txt", "FailedESConv.json"])
def test_points_are_those_of_the_published_preprocessing(esconv: Path, name: str) -> None:
    ours = {"seeker": 0, "supporter": 0}
    for dialogue in formats.read(esconv / name, "esconv"):
        rows = _preprocessed(dialogue)
        found = list(points([dialogue]))
        assert len(found) == len(rows)
        for point, row in zip(found, rows, strict=True):
            begins = row["prev_speakers"][0]
            ours[begins] += 1
            cut = 1 if begins == "supporter" else 0
            assert [turn.text for turn in point.history] == row["dialog_history"][cut:]
            assert [dialogue.roles[turn.speaker] for turn in point.history] == row["prev_speakers"][cut:]
            assert [turn.labels.get("strategy", [""]) for turn in point.history] == row["prev_strategies"][cut:]
            assert (point.gold.text, point.gold.labels.get("strategy", [""])) == (row["response"], row["strategy"])
            assert point.turn == row["turn"]
            assert len(point.history) == 2 * point.turn - 1
    assert min(ours.values()) > 100  # both ways of opening were met


def _preprocessed(dialogue: Dialogue) -> list[dict[str, Any]]:
    """The rows of one conversation, step by step as the description of the published script has them."""
    merged: list[dict[str, Any]] = []
    for turn in dialogue.turns:
        speaker = {"user": "seeker", "system": "supporter"}[turn.speaker]
        names = turn.labels.get("strategy", [""])
        if merged and merged[-1]["speaker"] == speaker:
            merged[-1]["text"] = merged[-1]["text"] + " " + turn.text
            for name in names:
                if merged[-1]["strategies"][-1] != name:
                    merged[-1]["strategies"].append(name)
        else:
            merged.append({"speaker": speaker, "text": turn.text, "strategies": list(names)})
    max_turn = sum(turn["speaker"] == "supporter" for turn in merged) - 1
    rows: list[dict[str, Any]] = []
    counter = 0
    for index, turn in enumerate(merged):
        if turn["speaker"] == "supporter" and index != 0:
            counter += 1
        if counter == max_turn:
            break
        if turn["speaker"] == "supporter" and counter >= 1:
            rows.append(
                {
                    "dialog_history": [before["text"] for before in merged[:index]],
                    "prev_speakers": [before["speaker"] for before in merged[:index]],
                    "prev_strategies": [before["strategies"] for before in merged[:index]],
                    "strategy": turn["strategies"],
                    "response": turn["text"],
                    "turn": counter,
                }
            )
    return rows


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
