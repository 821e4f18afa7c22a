from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.evaluation.bootstrap import bootstrap, centred, draws, paired_bootstrap, ratio


def rate(total: np.ndarray) -> np.ndarray:
    return ratio(total[:, 0], total[:, 1])


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 5))
def test_every_draw_has_as_many_dialogues_as_there_are(dialogues: int, resamples: int, seed: int) -> None:
    pieces = np.concatenate(list(draws(dialogues, resamples, seed)))
    assert pieces.shape == (resamples, dialogues)
    assert (pieces.sum(axis=1) == dialogues).all()


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    rng = np.random.default_rng(1)
    sums = np.column_stack([rng.random(400) < 0.3, np.ones(400)]).astype(float)
    interval = bootstrap(sums, rate, resamples=4000)
    p = sums[:, 0].mean()
    half = 100 * 1.96 * np.sqrt(p * (1 - p) / 400)
    assert interval.low == pytest.approx(100 * p - half, abs=0.6)
    assert interval.high == pytest.approx(100 * p + half, abs=0.6)
    assert bootstrap(sums, rate, seed=3) == bootstrap(sums, rate, seed=3)


def test_dialogues_are_drawn_not_turns() -> None:
    together = np.array([[10.0, 10.0], [0.0, 10.0]] * 20)
    apart = np.array([[5.0, 10.0]] * 40)
    wide, narrow = bootstrap(together, rate), bootstrap(apart, rate)
    assert wide.high - wide.low > 20
    assert narrow.low == narrow.high == 50


def test_paired_draws_see_a_small_but_steady_difference() -> None:
    rng = np.random.default_rng(2)
    base = rng.integers(0, 10, 200).astype(float)
    one, two = np.column_stack([base + 1, np.full(200, 12.0)]), np.column_stack([base, np.full(200, 12.0)])
    found = paired_bootstrap(one, two, rate)
    assert found.difference == pytest.approx(100 / 12)
    assert found.interval.low == pytest.approx(found.interval.high)
    assert found.p == 0
    same = paired_bootstrap(one, one, rate)
    assert (same.difference, same.p) == (0, 1)
    with pytest.raises(ValueError, match="different dialogues"):
        paired_bootstrap(one, two[:50], rate)


def test_a_centred_interval_holds_its_estimate() -> None:
    interval = centred(np.linspace(60, 64, 1000), 100.0)
    assert interval.low == pytest.approx(98.1, abs=0.1)
    assert interval.high == pytest.approx(101.9, abs=0.1)
