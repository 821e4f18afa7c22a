"""Which cluster follows which: a matrix with the beginning and the end of conversations.

    steps = steps_of(labels, lengths, clusters=3)       # Events
    transitions(steps, 3).probabilities                 # rows BEGIN, 1, 2, 3; columns 1, 2, 3, END

Row i, column j: of all utterances in cluster i, the share after which one in cluster j came (or the dialogue ended): a
Markov chain of first order over clusters, estimated by relative frequency.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.flow.events import Events

BEGIN, END = "BEGIN", "END"


class Transitions(msgspec.Struct, frozen=True):
    """The matrix; clusters are numbered from 1.

    Attributes:
        rows: `BEGIN`, then the clusters.
        columns: the clusters, then `END`.
        counts: of steps; shape [clusters + 1, clusters + 1].
        probabilities: rows sum to 1; a row of zeros where the corpus has no utterance in that cluster.
        low: lower ends of the 95 % intervals, from the spread over dialogues; None where there is none.
        high: upper ends.
    """

    rows: list[str]
    columns: list[str]
    counts: list[list[int]]
    probabilities: list[list[float]]
    low: list[list[float | None]]
    high: list[list[float | None]]


def steps_of(labels: NDArray[np.int64], lengths: NDArray[np.int64], clusters: int) -> Events:
    """Every step of every dialogue, from its beginning to its end.

    Args:
        labels: the cluster of each utterance, dialogue by dialogue; shape [utterances].
        lengths: utterances of each dialogue, each at least 1; shape [dialogues].
        clusters: how many.

    Returns:
        Events whose kind is `row * (clusters + 1) + column` of the matrix.
    """
    ends = np.cumsum(lengths)
    # Before the first utterance of a dialogue stands BEGIN (row 0), after its last one END (the last column).
    rows = np.insert(labels + 1, ends - lengths, 0)
    columns = np.insert(labels, ends, clusters)
    dialogue = np.repeat(np.arange(len(lengths)), lengths + 1)
    return Events(rows * (clusters + 1) + columns, dialogue, (clusters + 1) ** 2, len(lengths))


def conditional(counts: Floats) -> Floats:
    """Rows of counts as probabilities, shape [..., rows, columns]; rows without a count are NaN."""
    totals = counts.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(totals > 0, counts / totals, np.nan)


def square(totals: Floats) -> Floats:
    """Totals of steps as matrices: shape [..., side * side] -> [..., side, side]."""
    side = int(np.sqrt(totals.shape[-1]))
    return totals.reshape(*totals.shape[:-1], side, side)


def transitions(steps: Events, clusters: int, *, seed: int = 0) -> Transitions:
    """The matrix of a corpus.

    Args:
        steps: from `steps_of`.
        clusters: how many.
        seed: of the bootstrap.
    """
    counts = square(steps.totals())
    drawn = conditional(square(steps.drawn(seed)))
    seen = counts.sum(axis=1) > 0
    low, high = np.full_like(counts, np.nan), np.full_like(counts, np.nan)
    low[seen], high[seen] = np.nanquantile(drawn[:, seen], [0.025, 0.975], axis=0)
    names = [str(number) for number in range(1, clusters + 1)]
    return Transitions(
        rows=[BEGIN, *names],
        columns=[*names, END],
        counts=counts.astype(int).tolist(),
        probabilities=np.nan_to_num(conditional(counts)).tolist(),
        low=_listed(low),
        high=_listed(high),
    )


def _listed(values: Floats) -> list[list[float | None]]:
    return [[None if np.isnan(value) else round(float(value), 6) for value in row] for row in values]
