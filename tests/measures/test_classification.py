"""Figures of a classification, beside scikit-learn's."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from duologue.measures.classification import classification_score, macro_f1


@pytest.mark.parametrize("seed", range(5))
def test_all_figures_are_scikit_learns(seed: int) -> None:
    rng = random.Random(seed)
    labels = ["a", "b", "c", "never"]
    true = [rng.choice("abc" if seed else "ab") for _ in range(60)]
    told = [each if rng.random() < 0.6 else rng.choice("ab") for each in true]
    score = classification_score(true, told, labels)
    there = sorted({*true, *told})
    precision, recall, f1, support = precision_recall_fscore_support(true, told, labels=there, zero_division=0)
    assert score.accuracy == pytest.approx(100 * accuracy_score(true, told))
    assert score.macro_precision == pytest.approx(100 * precision.mean())
    assert score.macro_recall == pytest.approx(100 * recall.mean())
    assert score.macro_f1 == pytest.approx(100 * f1.mean())
    for at, label in enumerate(there):
        own = score.classes[label]
        assert (own.precision, own.recall, own.f1) == pytest.approx(
            (100 * precision[at], 100 * recall[at], 100 * f1[at])
        )
        assert own.support == support[at]
    assert score.confusion == confusion_matrix(true, told, labels=labels).tolist()


def test_a_draw_without_anything_has_no_figure() -> None:
    assert np.isnan(macro_f1(np.zeros((2, 3, 3)))).all()
