"""How far apart two corpora are: by hand, of the same, of two samples of one population, of different ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from duologue.evaluation.flow.divergence import divergence, jensen_shannon
from duologue.evaluation.flow.events import Events


def events(dialogues: int, chances: list[float], seed: int, each: int = 10) -> Events:
    """Dialogues of ten events, each of a kind drawn by these chances."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(len(chances), size=dialogues * each, p=chances)
    return Events(kind, np.repeat(np.arange(dialogues), each), len(chances), dialogues)


def test_by_hand() -> None:
    def js(p: list[float], q: list[float]) -> float:
        return float(jensen_shannon(np.array(p), np.array(q)))

    assert js([1, 2, 0], [2, 4, 0]) == 0  # counts; the same shares
    assert js([3, 0], [0, 5]) == 1
    # P = (1/2, 1/2), Q = (1, 0), M = (3/4, 1/4): H(M) - (H(P) + H(Q)) / 2
    middle = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
    assert js([1, 1], [7, 0]) == pytest.approx(middle - 0.5)


def test_a_corpus_beside_itself() -> None:
    same = events(40, [0.5, 0.3, 0.2], 1)
    pairs = divergence(same, same, paired=True, permutations=50)
    assert (pairs.value, pairs.observed, pairs.chance, pairs.p) == (0, 0, 0, 1)
    assert (pairs.interval.low, pairs.interval.high) == (0, 0)
    apart = divergence(same, same, permutations=50)
    assert (apart.value, apart.observed, apart.p) == (0, 0, 1)
    assert apart.interval.low == 0


def test_two_samples_of_one_population_are_not_told_apart_more_often_than_promised() -> None:
    chances = (np.ones(60) / 60).tolist()  # many kinds: the observed divergence is far from 0
    found = [divergence(events(30, chances, 2 * n), events(45, chances, 2 * n + 1), permutations=99) for n in range(40)]
    assert min(each.observed for each in found) > 0.02
    assert sum(each.p <= 0.05 for each in found) <= 6  # 2 expected; more than 6 in one of 200 series
    assert sum(each.interval.low > 0 for each in found) <= 6
    assert np.mean([each.observed - each.chance for each in found]) == pytest.approx(0, abs=0.002)


def test_different_corpora_are_apart() -> None:
    ours, reference = events(30, [0.6, 0.3, 0.1], 1), events(50, [0.2, 0.3, 0.5], 2)
    found = divergence(ours, reference, permutations=200)
    true = float(jensen_shannon(np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.3, 0.5])))
    assert found.interval.low > 0.05
    assert found.interval.low < true < found.interval.high
    assert found.p == pytest.approx(1 / 201)


def test_a_small_change_is_seen_in_pairs_only() -> None:
    """Dialogues differ much from one another, and each changes a little."""
    rng = np.random.default_rng(0)
    own = rng.integers(0, 5, 40)
    before = Events(np.repeat(own, 10), np.repeat(np.arange(40), 10), 6, 40)
    changed = before.kind.copy()
    changed[::10] = 5  # the first event of each dialogue is of a new kind
    changed[5::20] = own[::2]
    after = before._replace(kind=np.where(rng.random(400) < 0.3, changed, before.kind))
    assert divergence(after, before, paired=True, permutations=200).p < 0.05
    assert divergence(after, before, permutations=200).p > 0.05
