"""Whether people prefer the answer that has more of a measure, e.g. of attention to its strategy (SRA).

    found = score_measure(rows, "sra")
    found.inside["1"].pearson

A row's difference is the right answer's value minus the left one's, z-scored over all rows; correlations are given for
all of them, and for those between the 1st and the 99th percentile of the difference, as in the published analysis.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from duologue.evaluation.agreement.reliability import Reliability, reliability, sign
from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.correlation import pearson, spearman
from duologue.evaluation.grouped import grouped_ratio
from duologue.evaluation.win_rates import WinRates, preference_rates

EVERYBODY = "all"
PERCENTILES = (1.0, 99.0)


class Correlation(msgspec.Struct, frozen=True):
    """Of preference and difference, with intervals over tasks."""

    rows: int
    pearson: Figure
    spearman: Figure


class MeasuredRow(msgspec.Struct, frozen=True):
    """One annotation: its difference, the same z-scored, and whether it lies between the percentiles."""

    task: str
    annotator: str
    preference: float
    difference: float
    z: float
    inside: bool


class MeasureScore(msgspec.Struct, frozen=True):
    """How preferences go with one measure.

    Attributes:
        measure: its name.
        mean, deviation: of the differences before z-scoring.
        low, high: the z-scored difference at the 1st and the 99th percentile.
        all: annotator, or `all` -> correlation on all rows.
        inside: the same on the rows between the percentiles, these included.
        reliability: of the rows between the percentiles.
        wins: who was preferred in these rows.
        same_sign: percent of annotations with a preference that prefer the answer with more of the measure.
        preferences: how many these are.
        rows: one per annotation.
    """

    measure: str
    mean: float
    deviation: float
    low: float
    high: float
    all: dict[str, Correlation]
    inside: dict[str, Correlation]
    reliability: Reliability
    wins: WinRates
    same_sign: Figure
    preferences: int
    rows: list[MeasuredRow]


def score_measure(annotations: Sequence[Annotation], measure: str, *, seed: int = 0) -> MeasureScore:
    """Compare preferences with a measure; annotations without it are left out, at least one must have it."""
    known = [row for row in annotations if measure in row.measures]
    apart = np.array([row.measures[measure][1] - row.measures[measure][0] for row in known])
    mean, deviation = float(apart.mean()), float(apart.std())
    z = (apart - mean) / (deviation or 1.0)
    low, high = (float(each) for each in np.percentile(z, PERCENTILES))
    rows = [
        MeasuredRow(row.task, row.annotator, row.preference, float(apart[at]), float(z[at]), bool(low <= z[at] <= high))
        for at, row in enumerate(known)
    ]
    inside = [row for row in rows if row.inside]
    kept = [row for row, each in zip(known, rows, strict=True) if each.inside]
    preferring = [row for row in rows if row.preference and row.difference]
    return MeasureScore(
        measure,
        mean,
        deviation,
        low,
        high,
        all=_correlations(rows, seed),
        inside=_correlations(inside, seed),
        reliability=reliability(kept, seed=seed),
        wins=preference_rates(kept, seed=seed),
        same_sign=grouped_ratio(
            ((row.task, sign(row.preference) == sign(row.difference), 1) for row in preferring), seed=seed
        ),
        preferences=len(preferring),
        rows=rows,
    )


def _correlations(rows: Sequence[MeasuredRow], seed: int) -> dict[str, Correlation]:
    annotators = sorted({row.annotator for row in rows})
    found = {}
    for name in [EVERYBODY, *annotators]:
        own = [row for row in rows if name in (EVERYBODY, row.annotator)]
        preferences, differences = [row.preference for row in own], [row.z for row in own]
        tasks = [row.task for row in own]
        found[name] = Correlation(
            len(own),
            pearson(preferences, differences, tasks, seed=seed),
            spearman(preferences, differences, tasks, seed=seed),
        )
    return found
