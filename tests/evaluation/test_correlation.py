"""Correlations against scipy's, and their intervals against drawing rows one by one."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from duologue.evaluation.bootstrap import draws
from duologue.evaluation.correlation import pearson, spearman

stats = pytest.importorskip("scipy.stats")


def sample() -> tuple[list[float], list[float], list[str]]:
    rng = random.Random(1)
    x = [float(rng.randint(-4, 4)) for _ in range(60)]
    return x, [value + rng.gauss(0, 2) for value in x], [f"task {at // 2}" for at in range(60)]


def test_as_scipy_has_them() -> None:
    x, y, groups = sample()
    assert pearson(x, y, groups).value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert spearman(x, y, groups).value == pytest.approx(stats.spearmanr(x, y).statistic)


def test_intervals_are_those_of_tasks_drawn_with_replacement() -> None:
    x, y, groups = sample()
    tasks = list(dict.fromkeys(groups))
    for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        drawn = []
        for counts in np.concatenate(list(draws(len(tasks), seed=3))):
            rows = [at for at, group in enumerate(groups) for _ in range(int(counts[tasks.index(group)]))]
            drawn.append(theirs([x[at] for at in rows], [y[at] for at in rows]).statistic)
        found = ours(x, y, groups, seed=3).interval
        assert found is not None
        assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def test_no_variation_no_figure() -> None:
    assert math.isnan(pearson([1, 1, 1], [1, 2, 3], ["a", "b", "c"]).value)
    assert math.isnan(spearman([], [], []).value)


def test_what_differs_by_rounding_only_does_not_vary() -> None:
    assert math.isnan(pearson([0.1 + 0.2, 0.3, 0.3, 0.3], [1, 2, 3, 4], list("abcd")).value)
