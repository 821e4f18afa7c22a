"""The published situations: every exchange parsed, every file written back equal, the flaws counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from duologue.corpora import situations

SIZES = {"train": 3674, "vaild": 476, "test": 515}


@pytest.mark.parametrize("name", SIZES)
def test_every_situation_is_read_and_written_back(data_dir: Path, tmp_path: Path, name: str) -> None:
    source = data_dir / "situations" / f"{name}.json"
    dialogues = list(situations.read(source))
    assert situations.write(tmp_path / "out.json", dialogues) == SIZES[name]
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == json.loads(source.read_text("utf-8"))
    assert not any(dialogue.native for dialogue in dialogues)


@pytest.mark.parametrize("name", SIZES)
def test_exchanges_are_the_chats_that_were_published_as_turns(data_dir: Path, name: str) -> None:
    known = json.loads((data_dir / "situations" / "fusedchat_prepended_exchanges_by_dialogue.json").read_text("utf-8"))
    expected = known[{"vaild": "valid"}.get(name, name)]
    differs = []
    for dialogue in situations.read(data_dir / "situations" / f"{name}.json"):
        # The derived turns keep the two characters \n where the chat had a line break.
        turns = [[turn.speaker, turn.text.replace("\n", "\\n")] for turn in dialogue.turns]
        if turns != expected[dialogue.id]["prepended_turns"]:
            differs.append(dialogue.id)
    # The derivation stopped at a quote and comma inside these two chats.
    assert differs == {"train": ["PMUL2030", "WOZ20597"]}.get(name, [])


def test_repairs(data_dir: Path) -> None:
    repairs: Counter[str] = Counter()
    for name in SIZES:
        for dialogue in situations.read(data_dir / "situations" / f"{name}.json", repair=True):
            assert "\n" not in dialogue.facts["situation"]
            assert "  " not in dialogue.facts["situation"]
            repairs.update(dialogue.facts.get("situation_repairs", []))
    assert repairs["run-on"] == 15
    assert repairs["spaces"] > 2000
