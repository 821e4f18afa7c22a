"""Words that tell clusters apart, by a log-linear model of the words given the embedding.

    model = fit_log_linear(counted, vectors)
    model.words_of(labels, clusters=3, ...)[0]         # [Word("goodbye", 3.1, 52), ...]

The words x_d of utterance d are drawn from Mult(softmax(b + E a_d)), where a_d is its sentence embedding, b [words] and
E [words, dimensions] are learnt (JSALT 2023 dialogue lab, part 2). A word's score in a cluster is E (centroid - mean of
all a_d): how much the cluster's direction raises its log-odds against the average utterance.

b begins at the log frequencies of the words and E at zero, so the model begins as the unigram model, whose negative
log-likelihood is reported beside the final one. (In the lab's notebook the values of b were assigned to a slice's
`.data` and had no effect.) The loss is convex; AdamW sees 256 utterances at a time, which takes a tenth of the time of
the notebook's 200 steps over all of them: on 3,082 utterances and 886 words, 5.63 nats a word become 2.66.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.errors import MissingExtra
from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.flow.cluster_words import SHOWN, CountedWords, Word

_AT_ONCE = 4096
_PASSES, _STEPS = 30, 500


class LogLinearFit(msgspec.Struct, frozen=True):
    """How well the model fits the utterances that it was fitted on.

    Attributes:
        utterances: with at least one word of the vocabulary.
        vocabulary: different words.
        words: of these utterances, repeated ones counted.
        unigram: negative log-likelihood of the unigram model, in nats per word: where the model begins.
        final: that of the fitted model.
        passes: over all utterances.
    """

    utterances: int
    vocabulary: int
    words: int
    unigram: float
    final: float
    passes: int


class LogLinear(NamedTuple):
    """A fitted model.

    Attributes:
        weights: E, shape [words, dimensions].
        bias: b, shape [words].
        fit: how well it fits.
    """

    weights: Floats
    bias: Floats
    fit: LogLinearFit


def fit_log_linear(
    counted: CountedWords,
    vectors: Floats,
    *,
    passes: int | None = None,
    rate: float = 0.01,
    decay: float = 1e-4,
    batch: int = 256,
    seed: int = 0,
) -> LogLinear | None:
    """Fit; None where there is no word to fit.

    Args:
        counted: the words of each utterance.
        vectors: a_d, shape [utterances, dimensions].
        passes: over all utterances; by default 30, and more of few utterances, until there were 500 steps. 0 leaves the
            unigram model.
        rate: AdamW's learning rate.
        decay: AdamW's weight decay of E; b has none.
        batch: utterances in a step.
        seed: of the order of utterances.

    Raises:
        MissingExtra: torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtra("evaluate", "the log-linear model of words") from None
    spoken = np.flatnonzero(np.asarray(counted.counts.sum(axis=1)).ravel())
    if not len(spoken):
        return None
    counts = counted.counts[spoken]
    total = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    given = torch.tensor(vectors[spoken], dtype=torch.float32)
    bias = torch.tensor(np.log(total / total.sum()), dtype=torch.float32).requires_grad_()
    weights = torch.zeros(len(total), vectors.shape[1]).requires_grad_()

    def loss(rows: Any) -> Any:
        """The negative log-likelihood of some utterances, in nats."""
        said = torch.tensor(counts[rows.numpy()].toarray(), dtype=torch.float32)
        return -(said * torch.log_softmax(bias + given[rows] @ weights.T, dim=1)).sum(), said.sum()

    def per_word() -> float:
        with torch.no_grad():
            parts = [loss(rows)[0].double() for rows in torch.split(torch.arange(len(spoken)), _AT_ONCE)]
        return round(float(sum(parts)) / float(total.sum()), 4)

    if passes is None:
        passes = max(_PASSES, math.ceil(_STEPS / math.ceil(len(spoken) / batch)))
    unigram = per_word()
    optimizer = torch.optim.AdamW(
        [{"params": [weights], "weight_decay": decay}, {"params": [bias], "weight_decay": 0.0}], lr=rate
    )
    order = torch.Generator().manual_seed(seed)
    for _ in range(passes):
        for rows in torch.split(torch.randperm(len(spoken), generator=order), batch):
            nats, words = loss(rows)
            optimizer.zero_grad()
            (nats / words).backward()
            optimizer.step()
    fit = LogLinearFit(len(spoken), len(total), int(total.sum()), unigram, per_word(), passes)
    return LogLinear(weights.detach().double().numpy(), bias.detach().double().numpy(), fit)


def log_linear_words(
    model: LogLinear,
    counted: CountedWords,
    vectors: Floats,
    labels: NDArray[np.int64],
    clusters: int,
    *,
    shown: int = SHOWN,
) -> list[list[Word]]:
    """The words with the highest score of each cluster.

    Args:
        model: fitted on these utterances.
        counted: their words.
        vectors: a_d, shape [utterances, dimensions].
        labels: the cluster of each utterance, from 0; shape [utterances].
        clusters: how many.
        shown: most words of a cluster.
    """
    counts = counted.by_cluster(labels, clusters)
    mean = vectors.mean(axis=0)
    found = []
    for label in range(clusters):
        scores = model.weights @ (vectors[labels == label].mean(axis=0) - mean)
        order = np.lexsort((np.arange(len(scores)), -scores))[:shown]
        found.append([Word(counted.words[at], round(float(scores[at]), 4), int(counts[label, at])) for at in order])
    return found
