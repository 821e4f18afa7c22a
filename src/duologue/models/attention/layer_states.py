"""What one layer attends with, and the weights that come of it, row by row.

states = LayerStates(query, key, value, mask=None, weighing=Weighing(head_size**-0.5), causal=True)
states.weights(row=0, first=599, last=699)       # [H, 100, k]
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from duologue.models.attention.softmax_rows import Weighing, blocks, causal, softmax_rows


class LayerStates(NamedTuple):
    """Queries and keys of a layer: B rows, H heads, G key heads, n queries, k keys.

    Attributes:
        query: [B, H, n, d]; the last query is the one of the last key.
        key: [B, G, k, d].
        value: [B, G, k, e].
        mask: [B, 1 or H, n, k], bool or added to the scores; None where nothing but the future is hidden.
        weighing: how scores are made.
        causal: whether the future is hidden where there is no mask.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    weighing: Weighing
    causal: bool

    def weights(self, row: int, first: int, last: int, key: int = 0) -> Tensor:
        """[H, last - first, k], of the queries `first` to `last` (exclusive) to the keys from `key` on.

        Without a mask, keys after the last query are left out: their weight is nothing.
        """
        keys = self.key.shape[2]
        past = keys - self.query.shape[2]
        end = past + last if self.causal and self.mask is None else keys
        allowed = None if self.mask is None else self.mask[row, :, first:last, key:end]
        if allowed is None and self.causal:
            allowed = causal(past + first - key, past + last - key, end - key, self.query.device)
        return softmax_rows(self.query[row, :, first:last], self.key[row, :, key:end], self.weighing, allowed)

    def mixed(self, row: int, weights: Tensor, key: int = 0) -> Tensor:
        """Values [n, H, e] as weights [H, n, k] to the keys from `key` on mix them."""
        heads, count, keys = weights.shape
        value = self.value[row, :, key : key + keys].to(weights.dtype)
        return (weights.reshape(len(value), -1, keys) @ value).view(heads, count, -1).transpose(0, 1)

    def output(self) -> Tensor:
        """[B, n, H, e], from softmax rows, never more than a few megabytes of them."""
        rows, heads, queries, _ = self.query.shape
        output = self.query.new_empty(rows, queries, heads, self.value.shape[-1])
        for row in range(rows):
            for first, last in blocks(0, queries, heads, self.key.shape[2]):
                output[row, first:last] = self.mixed(row, self.weights(row, first, last)).to(output.dtype)
        return output
