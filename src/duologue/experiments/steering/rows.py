"""What was found of each reply, and figures of some of them by conversation: means, trends over depth, differences.

    trend(rows, log_sra).interval             # per ten utterances of history
    difference([(c1_rows, standard_rows)], followed)

Conversations are drawn, never single replies, since the replies to one history are much alike. Conditions are compared
on the pairs of point and strategy that both have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from duologue.evaluation.bootstrap import Difference, Figure, Floats, Statistic, paired_bootstrap
from duologue.evaluation.estimate import of_sums

PER = 10
"""Utterances that a trend is told for."""


class Row(NamedTuple):
    """A reply.

    Attributes:
        id: of the pair of point and strategy, the same in all conditions.
        conversation: that it belongs to.
        depth: utterances before it.
        followed: whether its strategy was recognised.
        sra: attention to the strategy; None where it is not known.
        ratio: the same over what uniform attention would give.
    """

    id: str
    conversation: str
    depth: int
    followed: bool
    sra: float | None = None
    ratio: float | None = None


Value: TypeAlias = Callable[[Row], float | None]


def followed(row: Row) -> float | None:
    """100 where the strategy was followed, so that a mean is in percent."""
    return 100.0 * row.followed


def log_sra(row: Row) -> float | None:
    """Natural logarithm of SRA."""
    return math.log(row.sra) if row.sra else None


def log_ratio(row: Row) -> float | None:
    """Natural logarithm of the ratio to uniform attention."""
    return math.log(row.ratio) if row.ratio else None


Pairs: TypeAlias = Sequence[tuple[Sequence[Row], Sequence[Row]]]
"""Rows of two conditions each; several are taken together."""


def trend(rows: Sequence[Row], value: Value, *, seed: int = 0) -> Figure:
    """The slope of a value over depth, per ten utterances (least squares), with its interval."""
    return of_sums(_sums(rows, value, _conversations(rows)), _slope, seed=seed).figure()


def difference(pairs: Pairs, value: Value, *, seed: int = 0) -> Difference:
    """The mean of the first conditions less that of the second."""
    return _compared(pairs, value, _mean, seed)


def difference_of_trends(pairs: Pairs, value: Value, *, seed: int = 0) -> Difference:
    """The trend of the first conditions less that of the second, per ten utterances."""
    return _compared(pairs, value, _slope, seed)


def _compared(pairs: Pairs, value: Value, figure: Statistic, seed: int) -> Difference:
    names = _conversations([row for both in pairs for rows in both for row in rows])
    first, second = np.zeros((len(names), 5)), np.zeros((len(names), 5))
    for ours, theirs in pairs:
        shared = {row.id for row in ours} & {row.id for row in theirs}
        first += _sums([row for row in ours if row.id in shared], value, names)
        second += _sums([row for row in theirs if row.id in shared], value, names)
    return paired_bootstrap(first, second, figure, seed=seed)


def _conversations(rows: Sequence[Row]) -> list[str]:
    return sorted({row.conversation for row in rows})


def _sums(rows: Sequence[Row], value: Value, conversations: Sequence[str]) -> Floats:
    """Of each conversation: how many rows, and the sums of x, y, xx and xy, where x is the depth."""
    place = {name: at for at, name in enumerate(conversations)}
    sums = np.zeros((len(conversations), 5))
    for row in rows:
        found = value(row)
        if found is not None:
            sums[place[row.conversation]] += (1.0, row.depth, found, row.depth**2, row.depth * found)
    return sums


def _mean(total: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = total[:, 2] / total[:, 0]
    return found


def _slope(total: Floats) -> Floats:
    count, x, y, xx, xy = total.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = count * xx - x * x
        found: Floats = np.where(spread > 0, PER * (count * xy - x * y) / spread, np.nan)
    return found
