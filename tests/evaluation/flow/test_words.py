"""Both ways to find a cluster's words, against computation by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from duologue.evaluation.flow.cluster_words import Word, count_words, counted_words
from duologue.evaluation.flow.log_linear import fit_log_linear, log_linear_words

pytest.importorskip("sklearn")

TEXTS = ["Cheap food, cheap!", "the food please", "a cheap train", "the train goes", "train or food", "once"]
LABELS = np.array([0, 0, 1, 1, 1, 1])


def test_the_share_of_a_word_that_a_cluster_has() -> None:
    counted = count_words(TEXTS)
    assert counted.words == ["cheap", "food", "train"]  # "goes", "once" and "please" occur in one utterance only
    zero, one = counted_words(counted, LABELS, 2)
    assert zero == [Word("cheap", 0.6667, 2), Word("food", 0.6667, 2)]  # two of three each
    assert one == [Word("train", 1.0, 3), Word("cheap", 0.3333, 1), Word("food", 0.3333, 1)]


def test_among_equals_the_more_frequent_word_comes_first() -> None:
    counted = count_words(["aa zz zz", "aa zz", "bb", "bb"])
    assert [word.word for word in counted_words(counted, np.array([0, 0, 1, 1]), 2)[0]] == ["zz", "aa"]


def test_utterances_of_stop_words_have_no_words() -> None:
    counted = count_words(["the of and", "you and me"])
    assert counted_words(counted, np.array([0, 1]), 2) == [[], []]
    assert fit_log_linear(counted, np.eye(2)) is None


def test_the_log_linear_model_begins_as_the_unigram_model() -> None:
    """The notebook set its bias without effect: there, the likelihood before training was that of equal words."""
    pytest.importorskip("torch")
    texts = [*TEXTS, "train, train and train"]
    words = ("cheap", "food", "train")
    said = Counter(word for text in texts for word in words for _ in range(text.lower().count(word)))
    total = said.total()
    unigram = -sum(count * math.log(count / total) for count in said.values()) / total
    model = fit_log_linear(count_words(texts), np.eye(7), passes=0)
    assert model is not None
    assert model.fit.unigram == model.fit.final == pytest.approx(unigram, abs=1e-4)
    assert unigram < math.log(3) - 0.01
    assert np.allclose(np.exp(model.bias), [said[word] / total for word in words])
    assert (model.fit.utterances, model.fit.vocabulary, model.fit.words) == (6, 3, total)


def test_a_fitted_model_gives_each_cluster_its_own_words() -> None:
    """One direction per cluster: the best model is one multinomial for each, whose likelihood one can compute."""
    pytest.importorskip("torch")
    texts = ["red red blue"] * 30 + ["blue green green green"] * 30
    labels = np.repeat([0, 1], 30)
    vectors = np.eye(2)[labels]
    counted = count_words(texts)
    model = fit_log_linear(counted, vectors, passes=300, rate=0.1, decay=0.0)
    assert model is not None
    shares = [(2 / 3, 2), (1 / 3, 1), (1 / 4, 1), (3 / 4, 3)]
    assert model.fit.final == pytest.approx(-sum(count * math.log(share) for share, count in shares) / 7, abs=2e-3)
    logits = model.bias + vectors[[0, -1]] @ model.weights.T
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert counted.words == ["blue", "green", "red"]
    assert np.allclose(chances, [[1 / 3, 0, 2 / 3], [1 / 4, 3 / 4, 0]], atol=0.02)
    zero, one = log_linear_words(model, counted, vectors, labels, 2)
    assert [word.word for word in zero] == ["red", "blue", "green"]
    assert [word.count for word in one] == [90, 30, 0]  # green, blue, red
    expected = model.weights @ (np.array([1.0, 0.0]) - vectors.mean(axis=0))  # E (centroid - mean of all)
    assert zero[0].score == pytest.approx(float(expected[2]), abs=1e-4)
    assert one[0].score == pytest.approx(float(-expected[1]), abs=1e-4)
