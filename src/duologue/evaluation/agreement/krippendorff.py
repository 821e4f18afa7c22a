"""Krippendorff's alpha: agreement of any number of annotators, not all of whom rated everything.

    alpha([{"1": -4, "2": -3}, {"1": 2, "2": 2}], "interval").value

alpha = 1 - (n - 1) * sum o_ck d_ck / sum n_c n_k d_ck, with o the coincidences of the values c and k within units, each
unit of m ratings weighing 1 / (m - 1); n_c their margins; d the squared difference of the level (Krippendorff 2011,
"Computing Krippendorff's Alpha-Reliability", https://repository.upenn.edu/asc_papers/43). Where a single value was
given to everything there is nothing to tell apart, and alpha is NaN.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Literal, TypeAlias, get_args

import numpy as np

from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.estimate import NOTHING, of_sums

Level: TypeAlias = Literal["nominal", "ordinal", "interval"]
LEVELS: tuple[Level, ...] = get_args(Level)
Ratings: TypeAlias = Mapping[str, float]
"""Annotator -> what they gave one unit."""


def alpha(units: Sequence[Ratings], level: Level, *, groups: Sequence[Hashable] | None = None, seed: int = 0) -> Figure:
    """Agreement beyond chance: 1 is perfect, 0 what chance gives.

    Args:
        units: the ratings of each unit; those with fewer than two count for nothing.
        level: what differences mean: other values, ranks apart, or distance.
        groups: what each unit belongs to, where the bootstrap is over these.
        seed: of the bootstrap over units.
    """
    again = [at for at, unit in enumerate(units) if len(unit) > 1]
    paired = [list(units[at].values()) for at in again]
    if not paired:
        return NOTHING.figure()
    values = np.unique(np.concatenate(paired))
    counts = np.array([[unit.count(value) for value in values] for unit in paired], dtype=np.float64)
    others = counts[:, None, :] - np.eye(len(values))
    weight = 1 / (counts.sum(axis=1) - 1)
    coincidences = np.where(counts[:, :, None] > 0, counts[:, :, None] * others, 0.0) * weight[:, None, None]
    sums = coincidences.reshape(len(paired), -1)
    of = None if groups is None else [groups[at] for at in again]
    return of_sums(sums, partial(_alpha, values=values, level=level), groups=of, seed=seed).figure()


def _alpha(total: Floats, values: Floats, level: Level) -> Floats:
    """Summed coincidences, shape [draws, values * values] -> alpha, shape [draws]."""
    coincidences = total.reshape(len(total), len(values), len(values))
    margins = coincidences.sum(axis=2)
    apart = _squared_differences(margins, values, level)
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (margins[:, :, None] * margins[:, None, :] * apart).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(expected > 0, 1 - (margins.sum(axis=1) - 1) * observed / expected, np.nan)
    return found


def _squared_differences(margins: Floats, values: Floats, level: Level) -> Floats:
    """Shape [draws, values, values], or [values, values] where the draw does not matter."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    # The ordinal difference, the ratings between two values with half of their own, is that of their mean ranks.
    place = np.cumsum(margins, axis=1) - margins / 2 if level == "ordinal" else values[None, :]
    difference: Floats = place[:, :, None] - place[:, None, :]
    return difference**2
