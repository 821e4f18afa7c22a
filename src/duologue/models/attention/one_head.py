"""The rows of one head alone: what a map of means does not keep, read from the model again.

taker = OneHead(watched, layer=3, head=2)
taker.add(layer=3, first=599, weights)       # [H, n, k], block by block
taker.result()                               # [R, T]
"""

from __future__ import annotations

from torch import Tensor

from duologue.errors import InputError
from duologue.models.attention.watched import Watched


class OneHead:
    """Keeps [R, T] of one head (a `reduction.Taker`).

    Args:
        watched: the reply.
        layer: whose head, from 0.
        head: which, from 0.
    """

    def __init__(self, watched: Watched, layer: int, head: int) -> None:
        self.watched = watched
        self.first = watched.prompt - 1
        self._layer, self._head = layer, head
        self._rows: Tensor | None = None

    def add(self, layer: int, first: int, weights: Tensor, offset: int = 0) -> None:
        """Keep the head's rows of a block (`reduction.Taker`)."""
        if layer != self._layer or self._head >= len(weights):
            return
        if self._rows is None:
            length = len(self.watched.ids)
            self._rows = weights.new_zeros(length - self.watched.prompt, length)
        row = first - self.first
        self._rows[row : row + weights.shape[1], offset : offset + weights.shape[2]] = weights[self._head]

    def result(self) -> Tensor:
        """[R, T].

        Raises:
            InputError: the model has no such head.
        """
        if self._rows is None:
            raise InputError(f"no head {self._head} in layer {self._layer} of this model", mend="name both from 0")
        return self._rows
