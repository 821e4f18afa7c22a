"""Bootstrap intervals over dialogues (Efron 1979; paired test as in Koehn 2004).

A metric hands in one row of sums per dialogue (turns right, turns, n-gram matches, …) and a function from summed rows
to the figure; dialogues are drawn with replacement, never single turns, because the turns of one dialogue stand or
fall together. All draws are one matrix product.

    bootstrap(sums, lambda total: 100 * total[:, 0] / total[:, 1])         # sums: [dialogues, columns]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Floats], Floats]
"""Summed rows, shape [draws, columns] -> the figure of each draw, shape [draws]."""

Score = TypeVar("Score")

RESAMPLES = 1000
LEVEL = 0.95
_AT_ONCE = 2_000_000  # entries of the draw matrix that are held together


class Interval(msgspec.Struct, frozen=True):
    """Where the figure would lie with other dialogues of the same kind: from `low` to `high`."""

    low: float
    high: float


class Figure(msgspec.Struct, frozen=True):
    """A cell of a table: the value, and where it has one its interval."""

    value: float
    interval: Interval | None = None


class Difference(msgspec.Struct, frozen=True):
    """System A minus system B on the same dialogues.

    Attributes:
        difference: of the figures.
        interval: of the difference.
        p: two-sided: how often resampling turns the sign, times two (at most 1).
    """

    difference: float
    interval: Interval
    p: float


def decode_figures(data: bytes, type: type[Score]) -> Score:
    """Read a score from JSON, which has no NaN: a figure that could not be computed stands there as null.

    Raises:
        msgspec.DecodeError: it is no such score.
    """
    return msgspec.convert(_with_nan(msgspec.json.decode(data)), type, str_keys=True)


def _with_nan(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() in _FIGURES:
        return {name: math.nan if own is None and name != "interval" else _with_nan(own) for name, own in value.items()}
    return {name: _with_nan(own) for name, own in value.items()}


_FIGURES = [frozenset(struct.__struct_fields__) for struct in (Interval, Figure, Difference)]


def bootstrap(
    sums: Floats, statistic: Statistic, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> Interval:
    """The percentile interval of a figure over dialogues.

    Args:
        sums: shape [dialogues, columns].
        statistic: from summed rows to the figure.
        resamples: number of draws.
        level: the share of draws inside the interval.
        seed: of the draws; the same for every metric, so all intervals rest on the same draws.
    """
    drawn = np.concatenate([statistic(counts @ sums) for counts in draws(len(sums), resamples, seed)])
    return percentile(drawn, level)


def paired_bootstrap(
    sums_a: Floats,
    sums_b: Floats,
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> Difference:
    """Compare two systems on the same dialogues: both are judged on the same draws.

    Args:
        sums_a: shape [dialogues, columns], of the one system.
        sums_b: the same of the other, its rows for the same dialogues in the same order.
        statistic: from summed rows to the figure.
        resamples: number of draws.
        level: the share of draws inside the interval.
        seed: of the draws.
    """
    if sums_a.shape != sums_b.shape:
        raise ValueError(f"rows for different dialogues: shapes {sums_a.shape} and {sums_b.shape}")
    drawn = np.concatenate(
        [statistic(counts @ sums_a) - statistic(counts @ sums_b) for counts in draws(len(sums_a), resamples, seed)]
    )
    whole = np.ones((1, len(sums_a)))
    difference = float((statistic(whole @ sums_a) - statistic(whole @ sums_b))[0])
    turned = float(np.mean(drawn <= 0) if difference > 0 else np.mean(drawn >= 0))
    return Difference(difference, percentile(drawn, level), min(1.0, 2 * turned))


def draws(dialogues: int, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[Floats]:
    """Yield how often each dialogue is drawn, in pieces of shape [some draws, dialogues]; rows sum to `dialogues`."""
    step = max(1, _AT_ONCE // dialogues)
    if step >= resamples:
        yield _drawn(dialogues, resamples, seed)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, step):
        yield _counts(rng, dialogues, min(step, resamples - start))


@lru_cache(maxsize=4)
def _drawn(dialogues: int, resamples: int, seed: int) -> Floats:
    """All draws at once: many figures rest on the same ones."""
    counts = _counts(np.random.default_rng(seed), dialogues, resamples)
    counts.flags.writeable = False
    return counts


def _counts(rng: np.random.Generator, dialogues: int, size: int) -> Floats:
    return rng.multinomial(dialogues, np.full(dialogues, 1 / dialogues), size=size).astype(np.float64)


def percentile(drawn: Floats, level: float = LEVEL) -> Interval:
    """The middle `level` of the draws; draws without a figure (0 / 0) are left out."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def centred(drawn: Floats, estimate: float, level: float = LEVEL) -> Interval:
    """The interval of a figure that resampling itself lowers, such as a number of distinct words.

    A draw holds about 63 % of the dialogues, hence fewer distinct n-grams; only the spread of the draws tells
    something, so it is laid around the estimate.
    """
    around = percentile(drawn - drawn.mean(), level)
    return Interval(estimate + around.low, estimate + around.high)


def ratio(above: Floats, below: Floats) -> Floats:
    """Percent of two columns; NaN where there is nothing below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, 100.0 * above / below, np.nan)
