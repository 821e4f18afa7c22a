"""How many clusters: from half to twice the mean number of utterances of a dialogue, the one that silhouette suggests.

    choose(vectors, mean_utterances=14.2).clusters

The range is the JSALT 2023 dialogue lab's advice; of a small corpus it ends where a cluster would have fewer than ten
utterances. Within it every number is tried by k-means on a sample; taken is the smallest one whose mean silhouette
(Rousseeuw 1987, Euclidean) is within one standard error of the best. The silhouette of utterances is flat, often .07 to
.08 over the whole range, so its very maximum is chance; with fewer clusters the graph can be read.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.flow.clusters import kmeans

SAMPLE = 2000
_FEWEST = 2
_UTTERANCES = 10


class ChoiceOfClusters(msgspec.Struct, frozen=True):
    """How the number of clusters came about.

    Attributes:
        clusters: the number.
        criterion: `given`, or `silhouette, one standard error`.
        silhouettes: of every number that was tried, -1 to 1.
        sample: utterances on which they were tried.
    """

    clusters: int
    criterion: str
    silhouettes: dict[int, float] = {}
    sample: int = 0


def suggested_range(mean_utterances: float, utterances: int) -> range:
    """From half to twice the mean number of utterances of a dialogue, at least 2.

    Args:
        mean_utterances: of a dialogue.
        utterances: of the corpus; there is at most one cluster for every ten of them, but for the least number.
    """
    least = max(_FEWEST, math.ceil(mean_utterances / 2))
    return range(least, max(least, min(math.floor(2 * mean_utterances), utterances // _UTTERANCES)) + 1)


def choose(vectors: Floats, mean_utterances: float, *, sample: int = SAMPLE, seed: int = 0) -> ChoiceOfClusters:
    """Choose.

    Args:
        vectors: one unit vector per utterance, shape [utterances, dimensions]; at least 3 different ones.
        mean_utterances: of a dialogue.
        sample: most utterances to try on; the distances between all of them are held.
        seed: of the sample and of k-means.
    """
    from sklearn.metrics import pairwise_distances, silhouette_samples

    suggested = suggested_range(mean_utterances, len(vectors))
    if len(vectors) > sample:
        vectors = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), sample, replace=False))]
    most = len(np.unique(vectors, axis=0)) - 1
    distances = pairwise_distances(vectors)
    np.fill_diagonal(distances, 0)
    means: dict[int, float] = {}
    errors: dict[int, float] = {}
    for clusters in range(max(_FEWEST, min(suggested.start, most)), max(_FEWEST, min(suggested.stop - 1, most)) + 1):
        found = silhouette_samples(distances, kmeans(vectors, clusters, seed=seed).labels, metric="precomputed")
        means[clusters] = round(float(found.mean()), 6)
        errors[clusters] = float(found.std() / math.sqrt(len(found)))
    best = max(means, key=lambda clusters: means[clusters])
    enough = means[best] - errors[best]
    chosen = min(clusters for clusters, mean in means.items() if mean >= enough)
    return ChoiceOfClusters(chosen, "silhouette, one standard error", means, len(vectors))
