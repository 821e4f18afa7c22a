"""Who wins against whom, ties kept apart: for human preferences and for a judge's verdicts alike.

    rates = win_rates([Outcome("task 1", "c1_hf", "standard", 1), Outcome("task 2", "c1_hf", "standard", 0)])
    rates.pairs[0].wins, rates.systems["c1_hf"].rate

A rate is wins and half of the ties, in percent; the interval is a bootstrap over groups (tasks, conversations).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.grouped import grouped_ratio


class Outcome(NamedTuple):
    """One comparison: `result` is above 0 where `first` won, below 0 where `second` did, 0 for a tie."""

    group: str
    first: str
    second: str
    result: float


class Standing(msgspec.Struct, frozen=True):
    """Wins, losses and ties; `rate` counts a tie as half a win, `preferred` as none (percent)."""

    wins: int
    losses: int
    ties: int
    rate: Figure
    preferred: Figure


class Matchup(msgspec.Struct, frozen=True):
    """Two systems, the standing being the first one's."""

    first: str
    second: str
    standing: Standing


class WinRates(msgspec.Struct, frozen=True):
    """Every pair of systems that met, and every system over all of its comparisons."""

    pairs: list[Matchup]
    systems: dict[str, Standing]


def preference_rates(annotations: Iterable[Annotation], *, seed: int = 0) -> WinRates:
    """Win rates of people's preferences; annotations whose systems are not known are left out."""
    known = (row for row in annotations if row.left and row.right)
    return win_rates((Outcome(row.task, row.left, row.right, -row.preference) for row in known), seed=seed)


def win_rates(outcomes: Iterable[Outcome], *, seed: int = 0) -> WinRates:
    """Count who won.

    Args:
        outcomes: in any order; the two names of a pair may change places.
        seed: of the bootstrap.
    """
    pairs: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    systems: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        turned = Outcome(each.group, each.second, each.first, -each.result)
        pairs[min(each[1:3], turned[1:3])].append(min(each, turned, key=lambda one: one[1:3]))
        systems[each.first].append(each)
        systems[each.second].append(turned)
    return WinRates(
        [Matchup(*names, standing_of(found, seed=seed)) for names, found in sorted(pairs.items())],
        {name: standing_of(systems[name], seed=seed) for name in sorted(systems)},
    )


def standing_of(outcomes: Sequence[Outcome], *, seed: int = 0) -> Standing:
    """The standing of the first system of each outcome; at least one outcome."""
    wins = sum(each.result > 0 for each in outcomes)
    ties = sum(each.result == 0 for each in outcomes)
    points = ((each.group, (each.result > 0) + (each.result == 0) / 2, 1) for each in outcomes)
    won = ((each.group, each.result > 0, 1) for each in outcomes)
    rate, preferred = grouped_ratio(points, seed=seed), grouped_ratio(won, seed=seed)
    return Standing(wins, len(outcomes) - wins - ties, ties, rate, preferred)
