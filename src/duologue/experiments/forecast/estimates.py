"""From a few items to all: totals with an interval, and seconds from a pace.

total([310.0, 290.0, 355.0], population=60).value     # 19100.0
pace_of(rehearsal.waves).seconds(tokens, each, population=60, together=32)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, mean, stdev
from typing import NamedTuple

import msgspec

from duologue.operators.rehearsal import Wave

_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}  # Student's t, two-sided 95 %, by degrees of freedom
MOST = len(_T) + 1
"""Most items of a rehearsal."""


class Range(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval; `high` is None where nothing bounds it."""

    value: float
    low: float
    high: float | None

    @property
    def exact(self) -> bool:
        """Whether the interval is a point."""
        return self.low == self.value == self.high


def total(values: Sequence[float], population: int) -> Range:
    """The total over a population from values of a simple random sample of it.

    The interval is that of a finite population (Cochran, Sampling Techniques, 1977, section 2.11, with Student's t):
    what was sampled is known, so a sample of all has no error, and equal values give none either.

    Args:
        values: of the sampled items, at most `MOST`.
        population: items in all.
    """
    if not values:
        return Range(0, 0, 0 if population == 0 else None)
    value = population * mean(values)
    if len(values) == population:
        return Range(value, value, value)
    if len(values) == 1:
        return Range(value, values[0], None)
    left = population - len(values)
    error = _T[len(values) - 1] * stdev(values) * math.sqrt(population * left / len(values))
    return Range(value, max(sum(values), value - error), value + error)


def unseen_share(sampled: int) -> float:
    """The largest share, at 95 %, of what was not seen once in so many independent draws."""
    return 1 - math.pow(0.05, 1 / sampled)


class Pace(NamedTuple):
    """How fast answers come.

    Attributes:
        start: seconds until everything is loaded.
        alone: seconds a token of an answer takes, however many answers are on their way.
        shared: further seconds for each token of any answer.
    """

    start: float
    alone: float
    shared: float

    def seconds(self, values: Sequence[float], population: int, together: int) -> Range:
        """Seconds for all items, when so many requests are answered together.

        Args:
            values: completion tokens of the sampled items.
            population: items in all.
            together: requests that are answered at once.
        """
        tokens = total(values, population)
        rounds = math.ceil(population / max(1, min(together, population))) if population else 0
        spread = stdev(values) if len(values) > 1 else 0.0
        size = max(1, min(together, population))
        longest = (mean(values) if values else 0.0) + spread * _expected_maximum(size)

        def of(amount: float) -> float:
            share = amount / tokens.value if tokens.value else 1.0
            return self.start + rounds * self.alone * longest * share + self.shared * amount

        return Range(of(tokens.value), of(tokens.low), None if tokens.high is None else of(tokens.high))


def pace_of(waves: Sequence[Wave]) -> Pace:
    """The pace of a rehearsal: `seconds = alone * longest + shared * total` for its last two waves.

    The first wave's excess over that is the start. With fewer than three waves nothing can be told apart: then every
    answer counts as if it had to wait for the others, and the start is part of it.
    """
    if not waves:
        return Pace(0.0, 0.0, 0.0)
    if len(waves) < 3 or not waves[1].total or waves[2].total == waves[2].longest:
        last = waves[-1]
        return Pace(0.0, 0.0, last.seconds / max(1, last.total))
    one, more = waves[1], waves[2]
    shared = (more.seconds - one.seconds / one.total * more.longest) / (more.total - more.longest)
    shared = min(max(shared, 0.0), one.seconds / one.total)
    alone = one.seconds / one.total - shared
    steady = (alone + shared) * waves[0].total
    return Pace(max(0.0, waves[0].seconds - steady), alone, shared)


def _expected_maximum(size: int) -> float:
    """The expected largest of so many standard normal values (Blom, 1958)."""
    return NormalDist().inv_cdf((size - 0.375) / (size + 0.25)) if size > 1 else 0.0
