"""The control report's measures on real messages, against counts by other means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duologue.corpora import seeds
from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.contamination import HeldOutRuns, score_contamination


@pytest.fixture(scope="module")
def messages(data_dir: Path) -> list[str]:
    return [seed.turns[0].text for seed in seeds.read(data_dir / "seeds" / "emotion_val.txt")]


def test_every_seed_of_a_test_set_is_found_in_it(messages: list[str]) -> None:
    talk = [
        Dialogue(f"d{at:03d}", [Turn("user", text), Turn("system", "And how do you feel about that now?")])
        for at, text in enumerate(messages)
    ]
    tests = HeldOutRuns.of({"emotion": messages})
    score = score_contamination(talk, tests)
    assert tests.run == 8
    assert score.figures["conversations"].value == pytest.approx(100 * (374 - tests.left_out) / 374, abs=0.6)
    assert score.figures["grown"].value == 0


def test_runs_of_other_messages_stand_in_both(data_dir: Path, messages: list[str]) -> None:
    others = [seed.turns[0].text for seed in seeds.read(data_dir / "seeds" / "sentiment_val.txt")]
    talk = [Dialogue(f"d{at:04d}", [Turn("user", "Hi"), Turn("system", text)]) for at, text in enumerate(others)]
    assert not score_contamination(talk, HeldOutRuns.of({"emotion": messages})).rows
    short = score_contamination(talk, HeldOutRuns.of({"emotion": messages}, run=4))
    assert len(short.rows) > 20  # "i don't want to"
    for row in short.rows:
        said = talk[int(row.id[1:])].turns[row.turn].text
        for text in (said, messages[row.text - 1]):
            assert f" {letters(row.run)} " in f" {letters(text)} "


def letters(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())
