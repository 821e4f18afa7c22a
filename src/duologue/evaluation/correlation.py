"""Pearson's and Spearman's correlation with bootstrap intervals over groups of rows, e.g. tasks or conversations.

    pearson(xs, ys, groups=[row.task for row in rows]).interval

Rows of one group are drawn together, because two annotations of one task say nearly the same. Spearman's ranks are
taken anew in every draw (ties get their mean rank), as they would be with other tasks.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Figure, Floats, draws, percentile
from duologue.evaluation.estimate import NOTHING

Numbers = Sequence[float] | Floats


def pearson(x: Numbers, y: Numbers, groups: Sequence[Hashable], *, seed: int = 0) -> Figure:
    """The linear correlation of two numbers a row; NaN where one of them never changes."""
    if not len(groups):
        return NOTHING.figure()
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    whole = np.ones((1, len(first)))
    value = weighted_pearson(first[None], second[None], whole)[0]
    drawn = [weighted_pearson(first[None], second[None], weights) for weights in _row_weights(groups, seed)]
    return Figure(float(value), percentile(np.concatenate(drawn)))


def spearman(x: Numbers, y: Numbers, groups: Sequence[Hashable], *, seed: int = 0) -> Figure:
    """The correlation of their ranks."""
    if not len(groups):
        return NOTHING.figure()
    places = [np.unique(np.asarray(each, dtype=np.float64), return_inverse=True)[1].ravel() for each in (x, y)]

    def ranked(weights: Floats) -> Floats:
        return weighted_pearson(_ranks(places[0], weights), _ranks(places[1], weights), weights)

    drawn = [ranked(weights) for weights in _row_weights(groups, seed)]
    return Figure(float(ranked(np.ones((1, len(groups))))[0]), percentile(np.concatenate(drawn)))


def weighted_pearson(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Pearson's correlation in each draw, for figures that are more than one of these.

    Args:
        x: the one, shape [draws or 1, rows].
        y: the other, shape [draws or 1, rows].
        weights: how often each row counts, shape [draws, rows].

    Returns:
        Shape [draws]; NaN where one of the two never changes.
    """
    (x, spread_x), (y, spread_y) = _centred(x, weights), _centred(y, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (weights * x * y).sum(axis=1) / np.sqrt(spread_x * spread_y)
    return found


def _row_weights(groups: Sequence[Hashable], seed: int) -> list[Floats]:
    """How often each row is drawn, in pieces of shape [some draws, rows]."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    of_row = np.array([numbers[group] for group in groups])
    return [counts[:, of_row] for counts in draws(len(numbers), seed=seed)]


def _ranks(places: NDArray[np.intp], weights: Floats) -> Floats:
    """Mean ranks in each draw; places: the rank among distinct values, shape [rows]; weights: shape [draws, rows]."""
    held = np.zeros((len(weights), int(places.max()) + 1))
    np.add.at(held.T, places, weights.T)
    ranks: Floats = (np.cumsum(held, axis=1) - (held - 1) / 2)[:, places]
    return ranks


def _centred(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Values less their mean in each draw, and the sum of their squares: NaN where all that differs is rounding."""
    centred = values - (weights * values).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    spread = (weights * centred * centred).sum(axis=1)
    least = weights.sum(axis=1) * (1e-9 * np.abs(values).max(axis=1)) ** 2
    return centred, np.where(spread > least, spread, np.nan)
