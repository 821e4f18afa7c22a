"""Cohen's kappa against scikit-learn's, and by hand."""

from __future__ import annotations

import math
import random

import pytest

from duologue.evaluation.agreement.kappa import WEIGHTS, kappa

sklearn = pytest.importorskip("sklearn.metrics")


def test_as_scikit_learn_has_it() -> None:
    rng = random.Random(0)
    for _ in range(20):
        one = [rng.randint(-4, 4) for _ in range(40)]
        other = [max(-4, min(4, value + rng.choice([0, 0, 1, -2]))) for value in one]
        for weights in WEIGHTS:
            known = None if weights == "unweighted" else weights
            expected = sklearn.cohen_kappa_score(one, other, labels=list(range(-4, 5)), weights=known)
            assert kappa(list(zip(one, other, strict=True)), weights).value == pytest.approx(expected)


def test_by_hand() -> None:
    # Both say yes 20 times and no 15 times of 50: 0.7 observed, 0.5 expected.
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert kappa(pairs, "unweighted").value == pytest.approx(0.4)


def test_where_there_is_nothing_to_tell() -> None:
    assert math.isnan(kappa([], "linear").value)
    assert math.isnan(kappa([(1, 1), (1, 1)], "linear").value)
