"""Attention over what several rows of a batch begin with, kept once for all of them.

Rows that continue one long prompt would each hold, and at every token read, a copy of its keys and values. Here the
stem's stand once; the rows' queries meet them together, and the rest of each row is in its own cache. The two parts are
weighted by the sums of their exponents, so the result is that of ordinary attention but for rounding. On a CPU only,
whose kernel gives these sums.

It is given to transformers as an attention function; the stems come with the call:

    with attending(model): model(input_ids=…, past_key_values=rest, stems=stems, …)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

_NAME = "duologue_stems"


@dataclass
class StemCache:
    """The keys and values of stems.

    Attributes:
        keys: by layer and stem, [heads, tokens, head size].
        values: likewise.
        of: [rows], which stem each row goes on from.
    """

    keys: list[list[Tensor]]
    values: list[list[Tensor]]
    of: Tensor

    @classmethod
    def of_layers(cls, layers: list[Any], lengths: list[int], of: Tensor) -> StemCache:
        """The stems that a cache holds, padded behind: stem number n has `lengths[n]` tokens."""
        keys, values = (
            [[getattr(layer, name)[stem, :, :length] for stem, length in enumerate(lengths)] for layer in layers]
            for name in ("keys", "values")
        )
        return cls(keys, values, of)

    def select(self, rows: Tensor) -> None:
        """Keep (or repeat) these rows."""
        self.of = self.of[rows]


def attends_stems(model: Any) -> bool:
    """Whether a model's attention can be given stems."""
    takes = getattr(model, "_supports_attention_backend", False) and model.config._attn_implementation == "sdpa"
    return bool(takes) and model.device.type == "cpu"


@contextmanager
def attending(model: Any) -> Iterator[None]:
    """Let a model attend to stems for the time of a call."""
    model.config._attn_implementation = _NAME
    try:
        yield
    finally:
        model.config._attn_implementation = "sdpa"


def _attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    stems: StemCache,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of queries [rows, heads, tokens, size] to stems and to the rows' own keys, [rows, tokens, heads, size].

    `attention_mask` says which of a row's own keys its queries see; the stems they see all.
    """
    rows, heads, tokens, size = query.shape
    kept = key.shape[1]  # heads of keys; several heads of queries may share one
    asked = query.reshape(rows, kept, heads // kept * tokens, size)
    seen = _seen(attention_mask, tokens, key.shape[2], query.device).expand(rows, heads // kept, tokens, -1)
    bias = query.new_zeros(()).masked_fill(~seen.reshape(rows, 1, -1, key.shape[2]), -torch.inf)
    own = _part(asked, key, value, bias, scaling)
    layer = int(module.layer_idx)
    mixed = torch.empty_like(asked)
    for number, (keys, values) in enumerate(zip(stems.keys[layer], stems.values[layer], strict=True)):
        which = (stems.of == number).nonzero()[:, 0]
        if len(which):
            # The queries of all these rows side by side: the stem is gone through once.
            together = asked[which].transpose(0, 1).reshape(1, kept, -1, size)
            said, weight = _part(together, keys[None], values[None], None, scaling)
            said = said.reshape(kept, len(which), -1, size).transpose(0, 1)
            weight = weight.reshape(kept, len(which), -1).transpose(0, 1)
            share = torch.sigmoid(weight - own.weight[which])[..., None]
            mixed[which] = (share * said + (1 - share) * own.said[which]).to(mixed.dtype)  # weights are 32 bits
    return mixed.reshape(rows, heads, tokens, size).transpose(1, 2).contiguous(), None


class _Part(NamedTuple):
    """Attention to some of the keys, [rows, heads, queries, size], and the log of the sum of its weights."""

    said: Tensor
    weight: Tensor


def _part(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scaling: float | None) -> _Part:
    attend = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    if torch.is_autocast_enabled("cpu"):  # which knows SDPA, but not the kernel behind it
        kind = torch.get_autocast_dtype("cpu")
        query, key, value = (each.to(kind) for each in (query, key, value))
        bias = None if bias is None else bias.to(kind)
    return _Part(*attend(query, key, value, attn_mask=bias, scale=scaling))


def _seen(mask: Tensor | None, tokens: int, keys: int, device: torch.device) -> Tensor:
    """Which own keys are seen; without a mask, those up to each query's own place."""
    if mask is not None:
        return mask if mask.dtype == torch.bool else mask == 0
    places = torch.arange(keys, device=device)
    return places <= places[-tokens:, None]


AttentionInterface.register(_NAME, _attention)
AttentionMaskInterface.register(_NAME, sdpa_mask)
