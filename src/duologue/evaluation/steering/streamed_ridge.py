"""Ridge classification of features that come in pieces and are too many to hold.

    ridge = StreamedRidge(layers=13, width=768, classes=8)
    ridge.add(states, 3)                   # states [13, tokens, 768], all of class 3
    ridge.fit().predict(states)            # classes [13, tokens]

Regression on targets of -1 and 1 with an intercept, the class with the largest value wins: scikit-learn's
`RidgeClassifier`, which wants all features at once. Only sums are kept, layers x width x width numbers, however many
features there were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats

_AT_ONCE = 256  # features that are added in one product


class FittedRidge:
    """One linear classifier a layer."""

    def __init__(self, weights: Floats, intercepts: Floats) -> None:
        """Take weights [layers, width, classes] and intercepts [layers, classes]."""
        self._weights, self._intercepts = weights, intercepts

    def predict(self, features: Floats) -> NDArray[np.int64]:
        """The class of each feature, [layers, features, width] -> [layers, features]."""
        told: NDArray[np.int64] = (features @ self._weights + self._intercepts[:, None]).argmax(-1)
        return told


class StreamedRidge:
    """The sums of a ridge classifier for each of several layers, whose features come together."""

    def __init__(self, *, layers: int, width: int, classes: int, alpha: float = 1.0) -> None:
        """Begin with nothing.

        Args:
            layers: that have features of their own.
            width: of a feature.
            classes: how many.
            alpha: the penalty.
        """
        self._alpha = alpha
        self._products = np.zeros((layers, width, width))
        self._by_class = np.zeros((layers, classes, width))
        self._counts = np.zeros(classes)
        self._waiting: list[Floats] = []

    @property
    def count(self) -> int:
        """Features so far."""
        return int(self._counts.sum())

    def add(self, features: Floats, label: int) -> None:
        """Take in features of one class, [layers, features, width]."""
        if not features.shape[1]:
            return
        self._by_class[:, label] += features.sum(1)
        self._counts[label] += features.shape[1]
        self._waiting.append(features)
        if sum(each.shape[1] for each in self._waiting) >= _AT_ONCE:
            self._multiply()

    def fit(self) -> FittedRidge:
        """Solve for the weights of every layer."""
        self._multiply()
        mean = self._by_class.sum(1) / self.count  # [layers, width]
        share = self._counts / self.count
        # Centred targets are 2 * (indicator - share), so products with them are sums by class.
        crossed = 2 * (self._by_class - self._counts[:, None] * mean[:, None]).swapaxes(1, 2)
        weights = np.empty_like(crossed)
        for layer, products in enumerate(self._products):
            centred = products - self.count * np.outer(mean[layer], mean[layer])
            weights[layer] = np.linalg.solve(centred + self._alpha * np.eye(len(centred)), crossed[layer])
        intercepts = (2 * share - 1) - np.einsum("ld,ldk->lk", mean, weights)
        return FittedRidge(weights, intercepts)

    def _multiply(self) -> None:
        if self._waiting:
            together = np.concatenate(self._waiting, axis=1)
            for layer, own in enumerate(together):
                self._products[layer] += own.T @ own
            self._waiting = []
