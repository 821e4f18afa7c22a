"""Cohen's kappa of two annotators, unweighted or weighted by how far their ratings lie apart.

    kappa([(-4, -3), (2, 2), (0, 1)], "quadratic").value

kappa = 1 - sum w_jk p_jk / sum w_jk p_j p_k, with w the distance of two ratings (linear), its square (quadratic), or 1
wherever they differ (Cohen 1968, https://doi.org/10.1037/h0026256). NaN where chance alone would make them agree.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Literal, TypeAlias, get_args

import numpy as np

from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.estimate import NOTHING, of_sums

Weights: TypeAlias = Literal["unweighted", "linear", "quadratic"]
WEIGHTS: tuple[Weights, ...] = get_args(Weights)


def kappa(
    ratings: Sequence[tuple[float, float]],
    weights: Weights,
    *,
    groups: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Figure:
    """Agreement of two annotators beyond chance.

    Args:
        ratings: what the one and the other gave, a pair a unit.
        weights: how much a difference counts.
        groups: what each unit belongs to, where the bootstrap is over these.
        seed: of the bootstrap over units.
    """
    if not ratings:
        return NOTHING.figure()
    values, places = np.unique(np.array(ratings, dtype=np.float64), return_inverse=True)
    places = places.reshape(-1, 2)
    size = len(values)
    joint = np.zeros((len(ratings), size * size))
    joint[np.arange(len(ratings)), places[:, 0] * size + places[:, 1]] = 1
    distance = np.abs(values[:, None] - values[None, :])
    apart = {"unweighted": (distance > 0).astype(np.float64), "linear": distance, "quadratic": distance**2}[weights]
    return of_sums(joint, partial(_kappa, apart=apart), groups=groups, seed=seed).figure()


def _kappa(total: Floats, apart: Floats) -> Floats:
    """Summed joint counts, shape [draws, values * values] -> kappa, shape [draws]."""
    joint = total.reshape(len(total), *apart.shape)
    joint = joint / joint.sum(axis=(1, 2), keepdims=True)
    observed = (joint * apart).sum(axis=(1, 2))
    expected = (joint.sum(axis=2)[:, :, None] * joint.sum(axis=1)[:, None, :] * apart).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return found
