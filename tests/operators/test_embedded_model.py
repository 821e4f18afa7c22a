"""What the embedded model makes of held-out dialogues of its own world: what a user of it relies on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command_line import duologue

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")
pytestmark = pytest.mark.slow
_DIALOGUES = 1000
"""Of which a tenth are the test split."""


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Synthesise over a test split of a town that no figure was ever taken of; score what was accepted."""
    folder = tmp_path_factory.mktemp("held-out")
    town, made = folder / "town", folder / "made"
    duologue("sample", "tod", "--n", _DIALOGUES, "--seed", 5150, "--out", town)
    duologue("synthesize", "interference", town / "test.json", "--format", "multiwoz21",
             "--situations", town / "situations/test.json", "--model", "tiny", "--out", made)  # fmt: skip
    assert duologue("evaluate", "insertions", made / "dialogues.jsonl", "--json", folder / "scores.json") == 0
    found: dict[str, Any] = json.loads((folder / "scores.json").read_text())["scores"]
    return found


def test_most_dialogues_are_accepted(scores: dict[str, Any]) -> None:
    assert scores["backstory"]["texts"] == scores["reaction"]["texts"] >= 0.08 * _DIALOGUES


def test_backstories_are_about_their_own_situation(scores: dict[str, Any]) -> None:
    assert scores["backstory"]["own_first"] >= 80


def test_backstories_and_reactions_are_varied(scores: dict[str, Any]) -> None:
    assert scores["backstory"]["distinct"] >= 80
    assert scores["reaction"]["distinct"] >= 80


def test_backstories_name_whom_the_situation_names(scores: dict[str, Any]) -> None:
    assert scores["backstory"]["names"] >= 10
    assert scores["backstory"]["names_known"] >= 90
