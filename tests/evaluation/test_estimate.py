"""Figures with their draws: intervals as the textbook has them, differences of independent corpora."""

from __future__ import annotations

import math

import numpy as np
import pytest

from duologue.evaluation.bootstrap import bootstrap, ratio
from duologue.evaluation.estimate import NOTHING, Part, difference, mean, over_rows, share


def test_the_interval_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(2)
    above, below = rng.integers(0, 5, 50), rng.integers(5, 9, 50)
    found = share(above, below, seed=4).figure()
    assert found.value == pytest.approx(100 * above.sum() / below.sum())
    sums = np.column_stack([above, below]).astype(float)
    expected = bootstrap(sums, lambda total: ratio(total[:, 0], total[:, 1]), seed=4)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_the_difference_of_two_means_is_the_textbook_one() -> None:
    rng = np.random.default_rng(3)
    ours, theirs = rng.normal(5, 2, 300), rng.normal(4, 1, 200)
    found = difference(mean(ours, np.ones(300), seed=0), mean(theirs, np.ones(200), seed=1))
    assert found.difference == pytest.approx(ours.mean() - theirs.mean())
    half = 1.96 * math.sqrt(ours.var() / 300 + theirs.var() / 200)
    assert found.interval.low == pytest.approx(found.difference - half, abs=0.06)
    assert found.interval.high == pytest.approx(found.difference + half, abs=0.06)
    assert found.p < 0.01


def test_corpora_of_one_kind_do_not_differ() -> None:
    rng = np.random.default_rng(4)
    ours, theirs = rng.random(80), rng.random(80)
    found = difference(mean(ours, np.ones(80), seed=0), mean(theirs, np.ones(80), seed=1))
    assert found.interval.low < 0 < found.interval.high
    assert found.p > 0.05


def test_where_there_is_nothing_there_is_no_figure() -> None:
    assert over_rows([], {"figure": Part(len)})["figure"] is NOTHING
    assert math.isnan(mean([1.0], [0.0]).figure().value)
    assert math.isnan(difference(NOTHING, mean([1.0], [1.0])).p)
