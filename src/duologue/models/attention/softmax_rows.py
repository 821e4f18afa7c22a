"""Softmax attention of some queries to all keys, computed only where it is looked at.

weighing = Weighing(scaling=head_size**-0.5)
softmax_rows(query, key, weighing, allowed)      # [H, n, k]

Grouped and single key heads, softcapped scores (Gemma 2: cap * tanh(score / cap)) and learnt attention sinks (gpt-oss:
one more logit per head that takes its share of the softmax and is dropped) are computed as transformers' eager
attention does, in float32 at least.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

_ENTRIES = 1 << 21
"""Weights held at once: 8 MiB of float32."""


class Weighing(NamedTuple):
    """How a layer makes weights of its queries and keys.

    Attributes:
        scaling: of the scores.
        softcap: bound of the scores, None without one.
        sinks: [H], logits that stand beside the keys; None without them.
    """

    scaling: float
    softcap: float | None = None
    sinks: Tensor | None = None


def softmax_rows(query: Tensor, key: Tensor, weighing: Weighing, allowed: Tensor | None) -> Tensor:
    """The weights of one example's queries.

    Args:
        query: [H, n, d].
        key: [G, k, d]; H is a multiple of G, and head h reads key head h // (H / G).
        weighing: the layer's.
        allowed: [1 or H, n, k], bool (True: the key is seen) or added to the scores; None sees every key.

    Returns:
        [H, n, k] in float32, or float64 where the queries are.
    """
    heads, count, size = query.shape
    exact = torch.promote_types(query.dtype, torch.float32)
    grouped = (query.to(exact) * weighing.scaling).reshape(key.shape[0], -1, size)
    scores = torch.matmul(grouped, key.to(exact).transpose(1, 2)).view(heads, count, -1)
    if weighing.softcap is not None:
        scores = scores.div_(weighing.softcap).tanh_().mul_(weighing.softcap)
    if allowed is not None and allowed.dtype == torch.bool:
        # The least number, not minus infinity: padding that sees nothing must not become NaN, which would spread.
        scores = scores.masked_fill_(~allowed, torch.finfo(exact).min)
    elif allowed is not None:
        scores = scores + allowed
    if weighing.sinks is None:
        return scores.softmax(-1)
    beside = weighing.sinks.to(exact).view(-1, 1, 1).expand(-1, count, 1)
    return torch.cat([scores, beside], -1).softmax(-1)[..., :-1]


def blocks(first: int, last: int, heads: int, keys: int) -> Iterator[tuple[int, int]]:
    """Queries `first` to `last` (exclusive) in pieces whose weights take a few megabytes."""
    step = max(1, _ENTRIES // (heads * keys))
    for start in range(first, last, step):
        yield start, min(start + step, last)


def causal(first: int, last: int, keys: int, device: torch.device) -> Tensor:
    """[1, last - first, keys]: the queries at these places see every key up to their own place."""
    return (torch.arange(keys, device=device) <= torch.arange(first, last, device=device)[:, None])[None]
