"""The same for models whose attention is code of their own: eager weights of a few queries at a time, with a cache.

Such models (Falcon, BLOOM, GPT-J, MPT) return attention weights when asked, from every layer at once. The prompt is
read in blocks into the cache; only blocks with queries that are looked at return weights, [layers, heads, block, T].
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache

from duologue.errors import InputError
from duologue.models.attention.reduction import Taker

_READ = 256  # tokens of the prompt that are read at once
_ENTRIES = 1 << 22  # weights that all layers return together: 16 MiB of float32


def attention_in_blocks(body: Any, taker: Taker) -> None:
    """Add the attention of one reply to whoever takes it in.

    Args:
        body: a transformers decoder without its head.
        taker: what to look at.

    Raises:
        InputError: the model returns no weights.
    """
    config = body.config.get_text_config(decoder=True)
    length = len(taker.watched.ids)
    ids = torch.as_tensor(taker.watched.ids, device=body.device)[None]
    cache = DynamicCache(config=config)
    step = max(1, _ENTRIES // (config.num_hidden_layers * config.num_attention_heads * length))
    with _eager(body):
        for first in range(0, taker.first, _READ):
            last = min(first + _READ, taker.first)
            body(input_ids=ids[:, first:last], past_key_values=cache, use_cache=True)
        for first in range(taker.first, length - 1, step):
            last = min(first + step, length - 1)
            out = body(input_ids=ids[:, first:last], past_key_values=cache, use_cache=True, output_attentions=True)
            if not out.attentions or any(each is None for each in out.attentions):
                raise InputError(f"{type(body).__name__} returns no attention weights", mend="take another model")
            for layer, weights in enumerate(out.attentions):
                exact = torch.promote_types(weights.dtype, torch.float32)
                taker.add(layer, first, weights[0].to(exact), offset=last - weights.shape[-1])


@contextmanager
def _eager(body: Any) -> Iterator[None]:
    """Let the model compute weights; only its configuration says so, since its modules take no function."""
    before = body.config._attn_implementation
    if "flash" in str(before):
        raise InputError(
            f"{type(body).__name__} was loaded for {before}, whose modules return no weights",
            mend="load it with sdpa or eager attention",
        )
    body.config._attn_implementation = "eager"
    try:
        yield
    finally:
        body.config._attn_implementation = before
