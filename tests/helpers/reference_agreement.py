"""Agreement a second time: Krippendorff's alpha cell by cell, Cohen's kappa by scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations

from sklearn.metrics import cohen_kappa_score


def krippendorff(units: Sequence[Sequence[float]], apart: Callable[[float, float, Counter[float]], float]) -> float:
    """Krippendorff 2011: the coincidence matrix cell by cell, then 1 - observed / expected."""
    cells: Counter[tuple[float, float]] = Counter()
    for unit in units:
        for c, k in permutations(range(len(unit)), 2):
            cells[unit[c], unit[k]] += 1 / (len(unit) - 1)
    margins: Counter[float] = Counter()
    for (c, _), count in cells.items():
        margins[c] += count
    total = sum(margins.values())
    observed = sum(count * apart(c, k, margins) for (c, k), count in cells.items()) / total
    expected = sum(margins[c] * margins[k] * apart(c, k, margins) for c in margins for k in margins)
    return 1 - observed / (expected / (total * (total - 1)))


def nominal(c: float, k: float, margins: Counter[float]) -> float:
    return float(c != k)


def interval(c: float, k: float, margins: Counter[float]) -> float:
    return (c - k) ** 2


def ordinal(c: float, k: float, margins: Counter[float]) -> float:
    low, high = min(c, k), max(c, k)
    between = sum(count for value, count in margins.items() if low <= value <= high)
    return (between - (margins[low] + margins[high]) / 2) ** 2


def cohen(pairs: Sequence[tuple[float, float]], weights: str | None = "quadratic") -> float:
    """Of whole numbers, by scikit-learn."""
    values = [value for pair in pairs for value in pair]
    labels = range(int(min(values)), int(max(values)) + 1)
    return float(cohen_kappa_score(*zip(*pairs, strict=True), labels=list(labels), weights=weights))
