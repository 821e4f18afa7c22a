"""Words that tell clusters apart, by counting: P(cluster | word).

    counted = count_words(texts)
    counted_words(counted, labels, clusters=3)[0]      # [Word("goodbye", 1.0, 52), ...]

As in the JSALT 2023 dialogue lab: scikit-learn's count vectoriser (words of two letters or more that occur in two
utterances or more, English stop words left out); a word's count in a cluster over its count in all. Many rare words
occur in one cluster only, so among equals the more frequent one comes first. `log_linear` is the other method, which
also ranks words by how often they are said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.errors import MissingExtra
from duologue.evaluation.bootstrap import Floats

SHOWN = 15


class Word(msgspec.Struct, frozen=True):
    """A word of a cluster.

    Attributes:
        word: lower case.
        score: P(cluster | word), or the log-linear model's score.
        count: how often it occurs in the cluster.
    """

    word: str
    score: float
    count: int


class CountedWords(NamedTuple):
    """Which words each utterance has.

    Attributes:
        counts: sparse (scipy, CSR), shape [utterances, words].
        words: the vocabulary in alphabetical order.
    """

    counts: Any
    words: list[str]

    def by_cluster(self, labels: NDArray[np.int64], clusters: int) -> Floats:
        """How often each word occurs in each cluster; shape [clusters, words]."""
        member = np.zeros((clusters, len(labels)))
        member[labels, np.arange(len(labels))] = 1
        found: Floats = np.asarray((self.counts.T @ member.T).T, dtype=np.float64)
        return found


def count_words(texts: Sequence[str], *, least: int = 2) -> CountedWords:
    """Count the words of texts.

    Args:
        texts: one per utterance.
        least: in how many utterances a word must occur.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError:
        raise MissingExtra("evaluate", "counting words") from None
    vectorizer = CountVectorizer(stop_words="english")
    try:
        counts = vectorizer.fit_transform(texts).tocsr()
    except ValueError:  # only stop words
        return CountedWords(np.zeros((len(texts), 0)), [])
    kept = np.flatnonzero(np.asarray((counts > 0).sum(axis=0)).ravel() >= least)
    words = vectorizer.get_feature_names_out()[kept].tolist()
    return CountedWords(counts[:, kept], words)


def counted_words(
    counted: CountedWords, labels: NDArray[np.int64], clusters: int, *, shown: int = SHOWN
) -> list[list[Word]]:
    """The words with the highest P(cluster | word) of each cluster, those that occur in it.

    Args:
        counted: the words of each utterance.
        labels: the cluster of each utterance, from 0; shape [utterances].
        clusters: how many.
        shown: most words of a cluster.
    """
    counts = counted.by_cluster(labels, clusters)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    found = []
    for own, share in zip(counts, shares, strict=True):
        order = np.lexsort((np.arange(len(own)), -own, -share))[:shown]
        found.append([Word(counted.words[at], round(float(share[at]), 4), int(own[at])) for at in order if own[at]])
    return found
