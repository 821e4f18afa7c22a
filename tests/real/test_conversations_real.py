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


def test_other_messages_share_a_run_only_where_it_stands_in_both(data_dir: Path, messages: list[str]) -> None:
    others = [seed.turns[0].text for seed in seeds.read(data_dir / "seeds" / "sentiment_val.txt")]
    talk = [Dialogue(f"d{at:04d}", [Turn("user", "Hi"), Turn("system", text)]) for at, text in enumerate(others)]
    score = score_contamination(talk, HeldOutRuns.of({"emotion": messages}))
    assert score.conversations == 2000
    assert score.figures["grown"].value < 2
    for row in score.rows:
        said = talk[int(row.id[1:])].turns[row.turn].text
        found = [re.sub(r"[^\w ]+", " ", text.lower()).split() for text in (said, messages[row.text - 1])]
        words = re.sub(r"[^\w ]+", " ", row.run).split()
        assert all(f" {' '.join(words)} " in f" {' '.join(each)} " for each in found)
