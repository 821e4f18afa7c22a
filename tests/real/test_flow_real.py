"""The flow of real conversations about restaurants: it begins with a wish and ends with a goodbye."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.corpora import formats
from duologue.evaluation.flow.flow import Cluster, Flow, measure_flow
from duologue.evaluation.flow.selection import select

pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def flow(data_dir: Path) -> Flow:
    corpus = formats.read(data_dir / "multiwoz21" / "test.json", "multiwoz21", on_problem=lambda problem: None)
    chosen = select(corpus, services=["restaurant"], limit=200)
    # the same conversations in halves: two samples of one population
    return measure_flow(chosen[:100], against=chosen[100:], clusters=12, permutations=100)


def words(cluster: Cluster) -> set[str]:
    return {word.word for method in cluster.words.values() for word in method}


def test_conversations_end_with_a_goodbye_and_begin_with_a_wish(flow: Flow) -> None:
    for corpus in flow.corpora:
        ends = [row[-1] for row in corpus.transitions.probabilities[1:]]
        last = ends.index(max(ends))
        assert ends[last] > 0.5
        assert words(flow.clusters[last]) & {"goodbye", "bye", "welcome", "pleasure"}
        assert flow.clusters[last].position > 0.9
        assert last == len(flow.clusters) - 1
        begin = corpus.transitions.probabilities[0]
        first = begin.index(max(begin))
        assert words(flow.clusters[first]) & {"restaurant", "restaurants", "food"}
        for row in corpus.transitions.probabilities:
            assert sum(row) == pytest.approx(1)


def test_a_booking_is_followed_by_its_reference_number(flow: Flow) -> None:
    asked = next(each for each in flow.clusters if {"people", "table"} <= words(each))
    booked = next(each for each in flow.clusters if {"reference", "successful"} <= words(each))
    assert asked.speakers["user"] > 0.6
    assert booked.speakers["system"] > 0.6
    for corpus in flow.corpora:
        row = corpus.transitions.probabilities[asked.number]
        assert row.index(max(row)) == booked.number - 1


def test_two_halves_of_one_corpus_are_not_apart(flow: Flow) -> None:
    assert flow.comparison is not None
    for found in flow.comparison.divergence.values():
        assert found.interval.low == 0
        assert found.p > 0.01
    assert flow.word_model is not None
    assert flow.word_model.final < 0.6 * flow.word_model.unigram  # the lab's notebook: .45
