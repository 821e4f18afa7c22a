"""Clusters of vectors that lie where they were put."""

from __future__ import annotations

import numpy as np
import pytest

from duologue.errors import InputError
from duologue.evaluation.flow.clusters import cluster, unit
from duologue.evaluation.flow.number_of_clusters import choose, suggested_range

metrics = pytest.importorskip("sklearn.metrics")


def planted(clusters: int, each: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(clusters), each)
    return unit(np.eye(clusters, 20)[kinds] + spread * rng.normal(size=(len(kinds), 20))), kinds


def test_planted_clusters_are_found_and_numbered_by_position() -> None:
    vectors, kinds = planted(6, 40, 0.08)
    order = np.array([3, 0, 5, 1, 4, 2])  # where each kind stands in a conversation
    found = cluster(vectors, 6, order[kinds] / 5)
    assert metrics.adjusted_rand_score(kinds, found.labels) == 1
    assert (found.labels == order[kinds]).all()
    assert np.allclose(found.centroids[3], vectors[kinds == 0].mean(axis=0))


def test_the_planted_number_is_chosen_within_the_suggested_range() -> None:
    assert suggested_range(14.2, 5000) == range(8, 29)
    assert suggested_range(14.2, 120) == range(8, 13)  # ten utterances for each
    assert suggested_range(14.2, 30) == range(8, 9)
    assert suggested_range(1.0, 100) == range(2, 3)
    vectors, _ = planted(9, 30, 0.05)
    found = choose(vectors, 7.0, sample=150)
    assert (found.clusters, found.sample) == (9, 150)
    assert list(found.silhouettes) == list(range(4, 15))
    assert max(found.silhouettes, key=lambda number: found.silhouettes[number]) == 9


def test_vectors_are_scaled_and_nothing_divides_by_zero() -> None:
    assert np.allclose(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_the_same_seed_gives_the_same_clusters() -> None:
    vectors, kinds = planted(4, 30, 0.6)
    one, other = (cluster(vectors, 5, kinds / 3, seed=3) for _ in range(2))
    assert (one.labels == other.labels).all()


def test_more_clusters_than_utterances_are_refused() -> None:
    vectors, kinds = planted(3, 4, 0.0)
    with pytest.raises(InputError, match=r"from 1 to 3 clusters.*found 4"):
        cluster(vectors, 4, kinds.astype(float))
