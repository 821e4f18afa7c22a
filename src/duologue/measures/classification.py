"""How well labels were told: accuracy, precision, recall and F1 of each class, and their means over the classes.

    score = classification_score(["a", "b", "b"], ["a", "b", "a"], ["a", "b"])
    score.macro_f1, score.classes["a"].precision

All figures are percent. Means over classes (macro) count each class alike, however rare it is; a class that is neither
true nor told anywhere is left out of them, as scikit-learn does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class ClassScore(msgspec.Struct, frozen=True):
    """One class, in percent.

    Attributes:
        precision: of what was told to be it, how much is it; 0 where nothing was.
        recall: of what is it, how much was told.
        f1: their harmonic mean.
        support: how many are it.
    """

    precision: float
    recall: float
    f1: float
    support: int


class ClassificationScore(msgspec.Struct, frozen=True):
    """All classes together, in percent.

    Attributes:
        accuracy: share that was told rightly.
        macro_precision, macro_recall, macro_f1: means over the classes.
        classes: each class.
        labels: the order of the confusion matrix.
        confusion: [true][told], counts.
    """

    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    classes: dict[str, ClassScore]
    labels: list[str]
    confusion: list[list[int]]


def confusion_matrix(true: Sequence[str], told: Sequence[str], labels: Sequence[str]) -> Floats:
    """How often each label was told to be each; shape [labels, labels], true ones in the rows."""
    place = {label: index for index, label in enumerate(labels)}
    found = np.zeros((len(labels), len(labels)))
    np.add.at(found, ([place[each] for each in true], [place[each] for each in told]), 1)
    return found


def classification_score(true: Sequence[str], told: Sequence[str], labels: Sequence[str]) -> ClassificationScore:
    """Score labels.

    Args:
        true: at least one.
        told: one for each.
        labels: all that occur in either, each once.
    """
    matrix = confusion_matrix(true, told, labels)
    precision, recall, f1 = _by_class(matrix)
    there = _there(matrix)
    return ClassificationScore(
        accuracy=float(accuracy(matrix)),
        macro_precision=float(precision[there].mean()),
        macro_recall=float(recall[there].mean()),
        macro_f1=float(macro_f1(matrix)),
        classes={
            label: ClassScore(float(precision[at]), float(recall[at]), float(f1[at]), int(matrix[at].sum()))
            for at, label in enumerate(labels)
        },
        labels=list(labels),
        confusion=matrix.astype(int).tolist(),
    )


def accuracy(matrices: Floats) -> Floats:
    """Percent on the diagonal of confusion matrices, shape [..., labels, labels] -> [...]; NaN of an empty one.

    Here and below a matrix may have more columns than rows: what was told and is none of the labels.
    """
    right = np.trace(matrices, axis1=-2, axis2=-1)
    return 100 * _divided(right, matrices.sum((-2, -1)), empty=np.nan)


def macro_f1(matrices: Floats) -> Floats:
    """The mean F1 of the classes that occur, in percent; shape [..., labels, labels] -> [...]; NaN of an empty one."""
    f1, there = _by_class(matrices)[2], _there(matrices)
    return _divided((f1 * there).sum(-1), there.sum(-1), empty=np.nan)


def weighted_f1(matrices: Floats) -> Floats:
    """The mean F1 of the classes, each weighing as often as it is true, in percent; shape as for `macro_f1`."""
    f1, true = _by_class(matrices)[2], matrices.sum(-1)
    return _divided((f1 * true).sum(-1), true.sum(-1), empty=np.nan)


def class_scores(matrices: Floats, place: int) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of one class in percent, each of the shape [...]; 0 where there is nothing to divide by.

    Args:
        matrices: confusion matrices, shape [..., labels, labels].
        place: of the class among the labels.
    """
    precision, recall, f1 = _by_class(matrices)
    return precision[..., place], recall[..., place], f1[..., place]


def _by_class(matrices: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1, each [..., labels]."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    told, true = _told(matrices), matrices.sum(-1)
    return 100 * _divided(right, told), 100 * _divided(right, true), 100 * _divided(2 * right, told + true)


def _there(matrices: Floats) -> NDArray[np.bool_]:
    there: NDArray[np.bool_] = (_told(matrices) + matrices.sum(-1)) > 0
    return there


def _told(matrices: Floats) -> Floats:
    """How often each label was told, shape [..., labels]."""
    told: Floats = matrices.sum(-2)[..., : matrices.shape[-2]]
    return told


def _divided(above: Floats, below: Floats, *, empty: float = 0.0) -> Floats:
    out: Floats = np.full(np.shape(below), empty, dtype=np.float64)
    return np.divide(above, below, out=out, where=np.asarray(below) > 0)
