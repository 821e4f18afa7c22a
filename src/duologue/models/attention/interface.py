"""An attention function for transformers that shows each layer's queries and keys to whoever watches.

with watching(model, watcher):
    model(ids)                      # watcher.take(LayerCall) for every layer, in order

What the layer gives on is torch's `scaled_dot_product_attention`, as in any other run; where scores are softcapped or
have learnt sinks, which it cannot do, the output is computed from softmax rows in blocks. Both the function and the
mask that belongs to it are registered: transformers gives a function without one no mask at all, and padding would be
attended to without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from duologue.errors import InputError
from duologue.models.attention.softmax_rows import Weighing, blocks, causal, softmax_rows

NAME = "duologue_watched"
_NOT_SOFTMAX = ("position_bias",)
"""Arguments by which a model adds to its scores what is not looked at here."""


class LayerCall(NamedTuple):
    """What one layer attends with: B rows, H heads, G key heads, n queries, k keys.

    Attributes:
        layer: its number among the layers with attention, from 0.
        query: [B, H, n, d].
        key: [B, G, k, d].
        value: [B, G, k, e].
        mask: [B, 1 or H, n, k], bool or added to the scores; None where nothing but the future is hidden.
        weighing: how scores are made.
        causal: whether the future is hidden where there is no mask.
        output: [B, n, H, e], what the layer gives on.
    """

    layer: int
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    weighing: Weighing
    causal: bool
    output: Tensor

    def weights(self, row: int, first: int, last: int, key: int = 0) -> Tensor:
        """[H, last - first, k], of the queries `first` to `last` (exclusive) to the keys from `key` on.

        Without a mask, keys after the last query are left out: their weight is nothing.
        """
        return _weights(self.query, self.key, self.mask, self.weighing, self.causal, row, first, last, key)

    def must_agree(self, row: int, query: int, weights: Tensor, key: int = 0) -> None:
        """Check one query's weights [H, k] against what the layer gave on.

        Raises:
            InputError: they do not explain the output, so this model's attention is of another kind.
        """
        value = self.value[row, :, key : key + weights.shape[-1]].to(weights.dtype)
        heads = weights.view(value.shape[0], -1, weights.shape[-1]) @ value
        expected = self.output[row, query].to(weights.dtype)
        apart = (heads.reshape(expected.shape) - expected).abs().max()
        within = 1e-3 if self.output.dtype.itemsize >= 4 else 5e-2
        if not apart <= within * (1 + expected.abs().max()):
            raise InputError(
                f"layer {self.layer} of this model computes more than softmax attention, so its weights are not known",
                mend="take another model",
            )


class Watcher(Protocol):
    """Whoever looks at layers."""

    def take(self, call: LayerCall) -> None:
        """Look at a layer; nothing of it may be kept as it is."""


class _Watch:
    """The watcher of the running pass, and how many layers it has seen."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.layers = 0


_WATCH: ContextVar[_Watch | None] = ContextVar("duologue_watch", default=None)


def attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    is_causal: bool | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """An attention function for transformers, [B, H, n, d] in and [B, n, H, e] out.

    Raises:
        InputError: the model adds something to its scores that is not known here.
    """
    if (odd := next((name for name in _NOT_SOFTMAX if kwargs.get(name) is not None), None)) is not None:
        raise InputError(f"this model adds a {odd} to its scores, which is not supported", mend="take another model")
    weighing = Weighing(query.shape[-1] ** -0.5 if scaling is None else scaling, softcap, s_aux)
    hides = bool(getattr(module, "is_causal", True) if is_causal is None else is_causal)
    if softcap is None and s_aux is None:
        output, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, is_causal=is_causal, **kwargs
        )
    else:
        output = _in_blocks(query, key, value, attention_mask, weighing, hides)
    if (watch := _WATCH.get()) is not None:
        watch.watcher.take(LayerCall(watch.layers, query, key, value, attention_mask, weighing, hides, output))
        watch.layers += 1
    return output, None


@contextmanager
def watching(model: Any, watcher: Watcher) -> Iterator[None]:
    """Show the layers of a model's passes to a watcher; `pass_begins` before each of them where there are several.

    Raises:
        InputError: the model computes its attention in code of its own.
    """
    if not takes_functions(model):
        raise InputError(
            f"{type(model).__name__} computes its attention in code of its own, which takes no attention function",
            mend="take another model",
        )
    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    before = model.config._attn_implementation
    token = _WATCH.set(_Watch(watcher))
    try:
        model.set_attn_implementation(NAME)
        yield
    finally:
        _WATCH.reset(token)
        model.set_attn_implementation(before)


def pass_begins() -> None:
    """Count the layers anew."""
    if (watch := _WATCH.get()) is not None:
        watch.layers = 0


def takes_functions(model: Any) -> bool:
    """Whether a model's attention is a function that can be given to it."""
    return bool(model._can_set_attn_implementation())


def _weights(
    query: Tensor,
    key: Tensor,
    mask: Tensor | None,
    weighing: Weighing,
    hides: bool,
    row: int,
    first: int,
    last: int,
    start: int = 0,
) -> Tensor:
    keys = key.shape[2]
    past = keys - query.shape[2]
    end = past + last if hides and mask is None else keys
    allowed = None if mask is None else mask[row, :, first:last, start:end]
    if allowed is None and hides:
        allowed = causal(past + first - start, past + last - start, end - start, query.device)
    return softmax_rows(query[row, :, first:last], key[row, :, start:end], weighing, allowed)


def _in_blocks(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, weighing: Weighing, hides: bool
) -> Tensor:
    """The layer's output [B, n, H, e] from softmax rows, never more than a few megabytes of them."""
    rows, heads, queries, _ = query.shape
    output = query.new_empty(rows, queries, heads, value.shape[-1])
    for row in range(rows):
        for first, last in blocks(0, queries, heads, key.shape[2]):
            weights = _weights(query, key, mask, weighing, hides, row, first, last)
            seen = value[row, :, : weights.shape[-1]].to(weights.dtype)
            mixed = weights.view(len(seen), -1, weights.shape[-1]) @ seen
            output[row, first:last] = mixed.view(heads, last - first, -1).transpose(0, 1).to(output.dtype)
    return output
