"""Clusters of utterances: k-means on unit vectors, numbered along the conversation.

    found = cluster(vectors, 12, positions)
    found.labels, found.centroids

Cluster 0 is the one whose utterances stand earliest in their dialogues on average, so a number tells something and does
not change with the random start. Same vectors and seed, same clusters: k-means runs in one thread, since several add up
in whatever order they finish.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError, MissingExtra
from duologue.evaluation.bootstrap import Floats

_STARTS = 10
_ITERATIONS = 1000


class Clustering(NamedTuple):
    """What k-means found.

    Attributes:
        labels: the cluster of each utterance, from 0; shape [utterances].
        centroids: the mean vector of each cluster, not of unit length; shape [clusters, dimensions].
    """

    labels: NDArray[np.int64]
    centroids: Floats


def unit(vectors: NDArray[np.floating]) -> Floats:
    """Vectors scaled to length 1 (L2); a vector of zeros stays."""
    vectors = vectors.astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def kmeans(vectors: Floats, clusters: int, *, seed: int = 0) -> Clustering:
    """K-means (scikit-learn: k-means++, the best of ten starts), clusters in no particular order.

    Args:
        vectors: shape [utterances, dimensions].
        clusters: how many.
        seed: of the starts.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise MissingExtra("evaluate", "clustering utterances") from None
    with threadpool_limits(limits=1):
        model = KMeans(clusters, n_init=_STARTS, max_iter=_ITERATIONS, random_state=seed).fit(vectors)
    return Clustering(model.labels_.astype(np.int64), _means(vectors, model.labels_, clusters))


def cluster(vectors: Floats, clusters: int, positions: Floats, *, seed: int = 0) -> Clustering:
    """Cluster, and number the clusters by where their utterances stand.

    Args:
        vectors: one unit vector per utterance, shape [utterances, dimensions].
        clusters: how many.
        positions: where each utterance stands in its dialogue, 0 to 1; shape [utterances].
        seed: of the starts.

    Raises:
        InputError: there are fewer different utterances than clusters.
        MissingExtra: scikit-learn is not installed.
    """
    different = len(np.unique(vectors, axis=0))
    if not 1 <= clusters <= different:
        raise InputError(
            f"expected from 1 to {different} clusters, as many as there are different utterances, found {clusters}",
            mend="give fewer clusters or more dialogues",
        )
    found = kmeans(vectors, clusters, seed=seed)
    sizes = np.bincount(found.labels, minlength=clusters)
    means = np.bincount(found.labels, positions, clusters) / sizes
    first = np.array([int(np.argmax(found.labels == label)) for label in range(clusters)])  # decides ties
    order = np.lexsort((first, means))
    number = np.empty(clusters, dtype=np.int64)
    number[order] = np.arange(clusters)
    return Clustering(number[found.labels], found.centroids[order])


def _means(vectors: Floats, labels: NDArray[np.int64], clusters: int) -> Floats:
    return np.stack([vectors[labels == label].mean(axis=0) for label in range(clusters)])
