"""A key-value cache that grows in steps.

transformers' `DynamicCache` copies itself for every token it adds, which takes longer than a small model's
arithmetic. This one keeps room ahead and writes in place; layers of another kind (sliding windows, state
spaces) stay transformers' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PretrainedConfig
from transformers.cache_utils import DynamicLayer

_STEP = 128  # tokens of room added at a time


class GrowingLayer(DynamicLayer):
    """One layer's keys and values [rows, heads, tokens, head size], views into larger tensors."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Add tokens; return all there are now."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._key_room, self._value_room = key_states[:, :, :0], value_states[:, :, :0]
        used = self.get_seq_length()
        needed = used + key_states.shape[-2]
        if needed > self._key_room.shape[-2]:
            self._key_room = _enlarged(self._key_room, used, needed)
            self._value_room = _enlarged(self._value_room, used, needed)
        self._key_room[:, :, used:needed] = key_states
        self._value_room[:, :, used:needed] = value_states
        return self._show(needed)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep (or repeat) these rows."""
        used = self.get_seq_length()
        self._key_room, self._value_room = self._key_room[indices], self._value_room[indices]
        self._show(used)

    def add_rows(self, others: Sequence[GrowingLayer]) -> None:
        """Take in the rows of layers that hold as many tokens."""
        self._key_room = torch.cat([self.keys, *(other.keys for other in others)])
        self._value_room = torch.cat([self.values, *(other.values for other in others)])
        self._show(self._key_room.shape[-2])

    def _show(self, tokens: int) -> tuple[Tensor, Tensor]:
        self.keys, self.values = self._key_room[:, :, :tokens], self._value_room[:, :, :tokens]
        return self.keys, self.values


def growing_cache(config: PretrainedConfig) -> DynamicCache:
    """Return an empty cache for a model."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def joined(caches: Sequence[DynamicCache]) -> DynamicCache:
    """One cache of the rows of several growing ones; the first takes the others in."""
    first, *others = caches
    for number, layer in enumerate(first.layers):
        if others:
            layer.add_rows([other.layers[number] for other in others])
    return first


def _enlarged(room: Tensor, used: int, needed: int) -> Tensor:
    rows, heads, _, size = room.shape
    larger = room.new_empty(rows, heads, needed + _STEP, size)
    larger[:, :, :used] = room[:, :, :used]
    return larger
