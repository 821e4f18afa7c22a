"""Situations and backstories from files, in every layout they come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import situated

from duologue.dialogue import Insertion, write
from duologue.errors import InputError
from duologue.operators.exchange import insert
from duologue.operators.given import GivenBackstory, load_backstories, load_situations


def put(path: Path, value: Any) -> Path:
    path.write_text("\n".join(map(json.dumps, value)) if path.suffix == ".jsonl" else json.dumps(value))
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.json", {"MUL1.json": "I am ill."}),
        ("s.json", {"MUL1": {"exchange": "'User: I am ill.'", "gen_sit": "I am ill."}}),
        ("s.json", {"MUL1": {"exchange": "", "gen_sit": "    I am    ill.\n\nExchange:\n User: next"}}),
        ("s.jsonl", [{"id": "MUL1", "situation": "I am ill."}]),
        ("s.jsonl", [{"id": "MUL1~0123abcd", "turns": [], "facts": {"situation": "I am ill."}}]),
    ],
)
def test_situations(tmp_path: Path, name: str, content: Any) -> None:
    assert load_situations(put(tmp_path / name, content)) == {"MUL1": "I am ill."}


@pytest.mark.parametrize(
    ("name", "content", "turn"),
    [
        ("b.json", {"MUL1": "My leg hurts."}, None),
        ("b.json", {"MUL1": {"backstory": "My leg hurts.", "turn": 2}}, 2),
        (
            "b.json",
            {"MUL1": {"rand_idx": 4, "utt_with_backstory": '"User: **A bed** + <Backstory: My leg hurts.>"'}},
            4,
        ),
        ("b.json", {"MUL1": {"augmented_idx": [2, 3], "log": [{}, {}, {"backstory": "My leg hurts."}, {}]}}, 2),
        ("b.jsonl", [{"id": "MUL1", "backstory": "My leg hurts."}], None),
    ],
)
def test_backstories(tmp_path: Path, name: str, content: Any, turn: int | None) -> None:
    assert load_backstories(put(tmp_path / name, content)) == {"MUL1": [GivenBackstory("My leg hurts.", turn)]}


def test_our_own_dialogues_give_their_backstories(tmp_path: Path) -> None:
    dialogue = insert(situated(1), 2, Insertion("backstory", "My leg hurts.", "after"))
    write(tmp_path / "d.jsonl", [dialogue])
    assert load_backstories(tmp_path / "d.jsonl") == {"MUL0001": [GivenBackstory("My leg hurts.", 2)]}


@pytest.mark.parametrize(
    ("load", "name", "content", "place"),
    [
        (load_situations, "s.json", {"MUL1": 3}, "s.json, MUL1"),
        (load_situations, "s.json", {"MUL1": {"sit": "x"}}, "s.json, MUL1"),
        (load_situations, "s.jsonl", [{"situation": "x"}], "s.jsonl, row 1, id"),
        (load_backstories, "b.json", {"MUL1": {"backstory": 3}}, "b.json, MUL1"),
        (load_backstories, "b.json", {"MUL1": {"rand_idx": 4, "utt_with_backstory": "**A bed**"}}, "b.json, MUL1"),
        (load_backstories, "b.json", {"MUL1": []}, "b.json, MUL1"),
        (load_backstories, "b.json", {"MUL1": {"log": [3]}}, "b.json, MUL1"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_line(
    tmp_path: Path, load: Any, name: str, content: Any, place: str
) -> None:
    with pytest.raises(InputError) as told:
        load(put(tmp_path / name, content))
    assert place in str(told.value)
    assert "\n" not in str(told.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_situations(tmp_path / "none.json")
