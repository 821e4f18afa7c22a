"""A figure together with what it would be in each bootstrap draw, so that figures of two corpora can be compared.

    ours, theirs = share(questions, messages, seed=0), share(their_questions, their_messages, seed=1)
    ours.figure().interval, difference(ours, theirs).interval

Two corpora are drawn independently of one another, hence with different seeds; for two systems on the same dialogues
`bootstrap.paired_bootstrap` is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import RESAMPLES, Difference, Figure, Floats, Statistic, draws, percentile


class Estimate(NamedTuple):
    """A figure, and the figure of each draw of dialogues; shape [draws]."""

    value: float
    drawn: Floats

    def figure(self) -> Figure:
        """The value with its 95 % interval."""
        return Figure(self.value, percentile(self.drawn))


NOTHING = Estimate(math.nan, np.full(RESAMPLES, math.nan))
"""The estimate where there is nothing to count."""


class Part(NamedTuple):
    """A figure over the rows of dialogues: the sum of one number over the sum of another, in percent or as it is."""

    above: Callable[[Any], float]
    below: Callable[[Any], float] = lambda row: 1
    percent: bool = True


def over_rows(rows: Sequence[object], parts: Mapping[str, Part], *, seed: int = 0) -> dict[str, Estimate]:
    """Each figure, from one row per dialogue."""
    found = dict.fromkeys(parts, NOTHING)
    if rows:
        for name, part in parts.items():
            taken = share if part.percent else mean
            found[name] = taken([part.above(row) for row in rows], [part.below(row) for row in rows], seed=seed)
    return found


def of_sums(sums: Floats, statistic: Statistic, *, groups: Sequence[Hashable] | None = None, seed: int = 0) -> Estimate:
    """A figure from summed rows, as in `bootstrap.bootstrap`.

    Args:
        sums: shape [dialogues, columns], at least one dialogue.
        statistic: from summed rows to the figure.
        groups: what each row belongs to, where some are drawn together.
        seed: of the draws.
    """
    if groups is not None:
        places = {group: at for at, group in enumerate(dict.fromkeys(groups))}
        apart = sums
        sums = np.zeros((len(places), apart.shape[1]))
        np.add.at(sums, [places[group] for group in groups], apart)
    drawn = np.concatenate([statistic(counts @ sums) for counts in draws(len(sums), seed=seed)])
    return Estimate(float(statistic(sums.sum(axis=0, keepdims=True))[0]), drawn)


def mean(
    above: Sequence[float] | NDArray[np.float64], below: Sequence[float] | NDArray[np.float64], *, seed: int = 0
) -> Estimate:
    """The sum of one number per dialogue over the sum of another; NaN where that is nothing."""
    return of_sums(np.column_stack([above, below]).astype(np.float64), ratio, seed=seed)


def share(
    above: Sequence[float] | NDArray[np.float64], below: Sequence[float] | NDArray[np.float64], *, seed: int = 0
) -> Estimate:
    """The same in percent."""
    found = mean(above, below, seed=seed)
    return Estimate(100 * found.value, 100 * found.drawn)


def difference(first: Estimate, second: Estimate) -> Difference:
    """The first figure minus the second, of two corpora that have nothing to do with one another."""
    drawn = first.drawn - second.drawn
    drawn = drawn[np.isfinite(drawn)]
    apart = first.value - second.value
    if not len(drawn):
        return Difference(apart, percentile(drawn), float("nan"))
    turned = float(np.mean(drawn <= 0) if apart > 0 else np.mean(drawn >= 0))
    return Difference(apart, percentile(drawn), min(1.0, 2 * turned))


def ratio(total: Floats) -> Floats:
    """The first column over the second, shape [draws, 2] -> [draws]; NaN where that is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total[:, 1] > 0, total[:, 0] / total[:, 1], np.nan)
