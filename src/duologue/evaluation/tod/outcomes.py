"""Inform and success as figures: rates with intervals, and two systems side by side on the same dialogues.

rates = Rates()
rates.add(outcome(verdict))
rates.inform["total"], rates.intervals(seed=0)["inform"]["total"]

compare(first, second)["success"].p                 # outcomes by dialogue, of either system
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from duologue.errors import InputError
from duologue.evaluation.bootstrap import (
    RESAMPLES,
    Difference,
    Interval,
    Statistic,
    paired_bootstrap,
    percentile,
    ratio,
)
from duologue.evaluation.tod.inform_success import DialogueVerdict

TOTAL = "total"

Outcome: TypeAlias = Mapping[str, tuple[bool, bool]]
"""Domain of the goal, or `total` -> whether it informs, whether it succeeds."""


def outcome(verdict: DialogueVerdict) -> Outcome:
    """What counts of a verdict; a domain succeeds only in a dialogue that informs."""
    domains = {name: (each.matched, verdict.informed and not each.missing) for name, each in verdict.domains.items()}
    return {TOTAL: (verdict.informed, verdict.success), **domains}


class Rates:
    """How many dialogues inform and succeed, per domain of their goals and in total: counts, whatever their number.

    Attributes:
        dialogues: name -> how many have it.
        informed: name -> how many of them inform.
        succeeded: name -> how many of them succeed.
    """

    def __init__(self) -> None:
        self.dialogues: Counter[str] = Counter()
        self.informed: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()

    def add(self, found: Outcome) -> None:
        """Count a dialogue."""
        for name, (informed, succeeded) in found.items():
            self.dialogues[name] += 1
            self.informed[name] += informed
            self.succeeded[name] += succeeded

    @property
    def inform(self) -> dict[str, float]:
        """Percent of the dialogues with each domain that inform."""
        return self._percent(self.informed)

    @property
    def success(self) -> dict[str, float]:
        """Percent of the dialogues with each domain that succeed."""
        return self._percent(self.succeeded)

    def intervals(self, seed: int = 0) -> dict[str, dict[str, Interval]]:
        """95 % bootstrap intervals, by `inform` and `success`, then by name.

        To draw dialogues with replacement is to draw how many have the domain and pass, have it and fail, or lack it:
        the counts suffice.
        """
        return {
            figure: {name: self._interval(name, passed[name], seed) for name in self.dialogues}
            for figure, passed in (("inform", self.informed), ("success", self.succeeded))
        }

    def require_goals(self) -> None:
        """Refuse figures that nothing could lower.

        Raises:
            InputError: no dialogue so far has a goal.
        """
        if self.dialogues and self.dialogues.keys() == {TOTAL}:
            raise InputError(
                "no dialogue has a goal, so every one would inform and succeed",
                where="references",
                mend="give --goals, or a corpus with goals such as multiwoz21",
            )

    def _percent(self, passed: Counter[str]) -> dict[str, float]:
        return {name: 100 * passed[name] / count for name, count in self.dialogues.items()}

    def _interval(self, name: str, passed: int, seed: int) -> Interval:
        whole, count = self.dialogues[TOTAL], self.dialogues[name]
        shares = np.array([passed, count - passed, whole - count]) / whole
        drawn = np.random.default_rng(seed).multinomial(whole, shares, size=RESAMPLES).astype(np.float64)
        return percentile(ratio(drawn[:, 0], drawn[:, 0] + drawn[:, 1]))


def compare(first: Mapping[str, Outcome], second: Mapping[str, Outcome], *, seed: int = 0) -> dict[str, Difference]:
    """First system minus second in points, by paired bootstrap over the dialogues that both answered.

    Args:
        first: dialogue -> outcome.
        second: the same of the other system.
        seed: of the draws.

    Returns:
        `inform`, `success`, and both for each domain, e.g. `inform hotel`.

    Raises:
        InputError: they have no dialogue in common.
    """
    shared = [name for name in first if name in second]
    if not shared:
        raise InputError("the two systems answered no dialogue in common", mend="give predictions for one reference")
    found = {}
    for name in sorted({name for each in shared for name in first[each].keys() & second[each].keys()}):
        for column, figure in ((1, "inform"), (2, "success")):
            sums = [np.array([_row(system[each], name) for each in shared]) for system in (first, second)]
            label = figure if name == TOTAL else f"{figure} {name}"
            found[label] = paired_bootstrap(sums[0], sums[1], _rate(column), seed=seed)
    return dict(sorted(found.items(), key=lambda item: (" " in item[0], item[0])))


def _row(found: Outcome, name: str) -> tuple[float, float, float]:
    informed, succeeded = found.get(name, (False, False))
    return (float(name in found), float(informed), float(succeeded))


def _rate(column: int) -> Statistic:
    return lambda total: ratio(total[:, column], total[:, 0])
