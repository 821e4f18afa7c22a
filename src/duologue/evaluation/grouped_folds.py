"""Folds that no group is split by: every item is tested once, by a model that has seen nothing of its group.

for train, test in grouped_folds(labels, groups, seed=0): ...
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from duologue.errors import MissingExtra

FOLDS = 5
Places = NDArray[np.int64]


def grouped_folds(
    labels: Sequence[str] | NDArray[np.str_], groups: Sequence[str], *, seed: int = 0, folds: int = FOLDS
) -> list[tuple[Places, Places]]:
    """The items to learn from and those to test on, for each fold; each fold has about the same share of every label.

    Args:
        labels: of the items.
        groups: of the items; at least `folds` different ones.
        seed: of the division.
        folds: how many.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        from sklearn.model_selection import StratifiedGroupKFold
    except ImportError:
        raise MissingExtra("evaluate", "training a classifier") from None
    divide = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a label with fewer items than folds
        found = list(divide.split(np.zeros(len(labels)), np.array(labels), np.array(groups)))
    return [(train, test) for train, test in found if len(test)]
