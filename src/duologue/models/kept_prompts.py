"""Prompts that were read before: one that goes on from another reads only what is new.

A conversation asks its model again and again, each time with what was said since. Here the keys and values of prompts
stay, as views of the cache that they were read into, for as long as the weights do not change. On a CPU only, where
reading is most of the work of short replies.

    kept = KeptPrompts()
    decode(model, rows, kept=kept, …)            # reads whole prompts
    decode(model, later_rows, kept=kept, …)      # whose prompts begin with those: reads the rest
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, PretrainedConfig

from duologue.models.growing_cache import growing_cache
from duologue.models.prefixes import Prompt

_MOST = 2**30
"""Bytes that are kept; what comes after is read again."""


class Known(NamedTuple):
    """What prompts begin with that was read: how many tokens of each, and their keys and values, padded behind."""

    lengths: list[int]
    cache: DynamicCache


class KeptPrompts:
    """The keys and values of prompts, by layer [heads, tokens, head size]."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: dict[Prompt, list[tuple[Tensor, Tensor]]] = {}
        self._bytes = 0

    def add(self, prompts: Sequence[Prompt], rows: Sequence[int], cache: DynamicCache) -> None:
        """Keep prompts that a cache begins with in these rows."""
        for prompt, row in zip(prompts, rows, strict=True):
            shown = [(layer.keys[row, :, : len(prompt)], layer.values[row, :, : len(prompt)]) for layer in cache.layers]
            self._bytes += sum(part.nbytes for both in shown for part in both)
            if self._bytes > _MOST:
                return
            self._kept[prompt] = shown

    def known(self, prompts: Sequence[Prompt], config: PretrainedConfig) -> Known | None:
        """What was read of these prompts, of each the most; None where one of them is new."""
        begun = [self._longest(prompt) for prompt in prompts]
        if not all(begun):
            return None
        cache = growing_cache(config)
        for number, layer in enumerate(cache.layers):
            keys, values = zip(*(self._kept[each][number] for each in begun), strict=True)
            layer.update(_padded(keys), _padded(values))
        return Known([len(each) for each in begun], cache)

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()
        self._bytes = 0

    def _longest(self, prompt: Prompt) -> Prompt:
        """The longest kept prompt that this one continues; empty where there is none."""
        found = (each for each in self._kept if len(each) < len(prompt) and prompt[: len(each)] == each)
        return max(found, key=len, default=())


def _padded(parts: Sequence[Tensor]) -> Tensor:
    """Rows [heads, tokens, head size] as one tensor [rows, heads, longest, head size]."""
    return pad_sequence([part.transpose(0, 1) for part in parts], batch_first=True).transpose(1, 2)
