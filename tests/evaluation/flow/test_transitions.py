"""The transition matrix, on a corpus in which one can count."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.evaluation.flow.transitions import steps_of, transitions

SEQUENCES = [[0, 1, 2], [0, 1, 1], [1]]


def matrix_of(sequences: list[list[int]], clusters: int) -> np.ndarray:
    labels = np.array([label for each in sequences for label in each])
    steps = steps_of(labels, np.array([len(each) for each in sequences]), clusters)
    return steps.totals().reshape(clusters + 1, clusters + 1)


def test_a_corpus_by_hand() -> None:
    steps = steps_of(np.array([0, 1, 2, 0, 1, 1, 1]), np.array([3, 3, 1]), 3)
    found = transitions(steps, 3)
    assert found.rows == ["BEGIN", "1", "2", "3"]
    assert found.columns == ["1", "2", "3", "END"]
    assert found.counts == [[2, 1, 0, 0], [0, 2, 0, 0], [0, 1, 1, 2], [0, 0, 0, 1]]
    assert found.probabilities[0] == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert found.probabilities[2] == pytest.approx([0, 1 / 4, 1 / 4, 1 / 2])
    assert found.low[1] == found.high[1] == [0, 1, 0, 0]
    low, high = found.low[2][3], found.high[2][3]
    assert low is not None
    assert high is not None
    assert low < 1 / 2 < high


def test_rows_sum_to_one_but_for_a_cluster_without_utterances() -> None:
    found = transitions(steps_of(np.array([0, 2, 0]), np.array([2, 1]), 3), 3)
    assert np.sum(found.probabilities, axis=1).tolist() == [1, 1, 0, 1]
    assert found.low[2] == [None] * 4


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=8))
def test_it_counts_as_a_loop_would(sequences: list[list[int]]) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    for each in sequences:
        counted.update(zip([0, *(label + 1 for label in each)], [*each, 4], strict=True))
    matrix = matrix_of(sequences, 4)
    assert {place: matrix[place] for place in counted} == dict(counted)
    assert matrix.sum() == counted.total()
