"""What people wrote in ESConv's validation split: strategies can be told from their words, within limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.corpora import formats
from duologue.corpora.strategy_replies import strategy_replies
from duologue.evaluation.steering.predictability import NGrams, predictability


def test_words_tell_half_of_the_strategies(data_dir: Path) -> None:
    path = data_dir / "esconv" / "multiesc_valid.txt"
    if not path.exists():
        pytest.skip(f"no {path}")
    replies = list(strategy_replies(formats.read(str(path), "esconv")))
    found = predictability(replies, NGrams())
    assert found.conversations == 195
    assert 22 < found.chance < 24
    assert 47 < found.accuracy.value < 55
    assert 40 < found.macro_f1.value < 50
    assert found.words["Question"][0] == "?"
    # Without single words and stop words, as published, much less is left.
    assert predictability(replies, NGrams(2, 3, stop_words=True)).accuracy.value < 40
