"""Whether annotators agree: alpha at three levels, kappa of every two, the same rating, the same side.

found = reliability(annotations.rows)
found.alpha["interval"], found.exact
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import msgspec

from duologue.evaluation.agreement.kappa import WEIGHTS, Weights, kappa
from duologue.evaluation.agreement.krippendorff import LEVELS, Level, alpha
from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.grouped import grouped_ratio


class Reliability(msgspec.Struct, frozen=True):
    """How well annotators agree; intervals are over tasks.

    Attributes:
        annotations: how many.
        tasks: how many they are of.
        rated_again: tasks that two or more annotators rated; the figures rest on these.
        alpha: level -> Krippendorff's alpha.
        kappa: `A and B` -> weights -> Cohen's kappa of the two.
        exact: percent of pairs of ratings of one task that are equal.
        same_sign: percent of them that prefer the same side, or are both ties.
    """

    annotations: int
    tasks: int
    rated_again: int
    alpha: dict[Level, Figure]
    kappa: dict[str, dict[Weights, Figure]]
    exact: Figure
    same_sign: Figure


def reliability(rows: Sequence[Annotation], *, seed: int = 0) -> Reliability:
    """Compare what annotators said of the same tasks; one row a task and annotator."""
    tasks = ratings_of(rows)
    units = list(tasks.values())
    annotators = sorted({row.annotator for row in rows})
    both = {
        f"{one} and {other}": [(unit[one], unit[other]) for unit in units if one in unit and other in unit]
        for one, other in combinations(annotators, 2)
    }
    again = [task for task, unit in tasks.items() if len(unit) > 1]
    pairs = [(task, *pair) for task in again for pair in combinations(tasks[task].values(), 2)]
    return Reliability(
        annotations=len(rows),
        tasks=len(units),
        rated_again=len(again),
        alpha={level: alpha(units, level, seed=seed) for level in LEVELS},
        kappa={
            names: {weights: kappa(found, weights, seed=seed) for weights in WEIGHTS}
            for names, found in both.items()
            if found
        },
        exact=grouped_ratio(((task, one == other, 1) for task, one, other in pairs), seed=seed),
        same_sign=grouped_ratio(((task, sign(one) == sign(other), 1) for task, one, other in pairs), seed=seed),
    )


def ratings_of(rows: Sequence[Annotation]) -> dict[str, dict[str, float]]:
    """Task -> annotator -> preference."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.task, {})[row.annotator] = row.preference
    return found


def sign(number: float) -> float:
    """-1, 0 or 1."""
    return math.copysign(1, number) if number else 0.0
