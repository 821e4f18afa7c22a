"""Random models of families whose attention differs, in memory: a few thousand weights each, with all that is special.

The weights are large, so that attention is far from uniform and a wrong mask, cap or scale cannot hide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTJConfig,
    GPTNeoXConfig,
    GptOssConfig,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    Qwen2Config,
    Qwen3Config,
)

WORDS = 60
_SIZES: dict[str, Any] = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "bos_token_id": 1,
    "eos_token_id": None,
    "pad_token_id": 0,
}
_GROUPED: dict[str, Any] = {**_SIZES, "intermediate_size": 48, "num_key_value_heads": 2, "initializer_range": 0.4}
_WIDE: dict[str, Any] = {"max_position_embeddings": 256}

CONFIGS: dict[str, Callable[[], Any]] = {
    "llama": lambda: LlamaConfig(**_GROUPED),
    "mistral-sliding": lambda: MistralConfig(**_GROUPED, head_dim=8, sliding_window=9),
    "qwen2": lambda: Qwen2Config(**_GROUPED),
    "qwen3": lambda: Qwen3Config(**_GROUPED, head_dim=8),
    "gemma2": lambda: Gemma2Config(
        **_GROUPED, head_dim=8, sliding_window=9, attn_logit_softcapping=2.0, query_pre_attn_scalar=8
    ),
    "gemma3": lambda: Gemma3TextConfig(**_GROUPED, head_dim=8, sliding_window=9, layer_types=_TURNS),
    "gpt-oss": lambda: GptOssConfig(
        **_GROUPED, head_dim=8, sliding_window=9, num_local_experts=2, num_experts_per_tok=1, layer_types=_TURNS
    ),
    "gpt-neox": lambda: GPTNeoXConfig(**_SIZES, intermediate_size=48, initializer_range=0.4),
    "falcon": lambda: FalconConfig(**_SIZES, initializer_range=0.4),
    "falcon-alibi": lambda: FalconConfig(**_SIZES, alibi=True, multi_query=False, initializer_range=0.4),
    "bloom": lambda: BloomConfig(
        **{name: _SIZES[name] for name in ("vocab_size", "hidden_size", "bos_token_id", "eos_token_id")},
        n_layer=3,
        n_head=4,
        initializer_range=0.4,
    ),
    "gptj": lambda: GPTJConfig(
        vocab_size=WORDS, n_embd=32, n_layer=3, n_head=4, rotary_dim=4, bos_token_id=1, eos_token_id=None
    ),
    "gpt2": lambda: GPT2Config(
        vocab_size=WORDS, n_embd=32, n_layer=3, n_head=4, bos_token_id=1, eos_token_id=None, initializer_range=0.4
    ),
    "opt": lambda: OPTConfig(**_SIZES, **_WIDE, ffn_dim=48, word_embed_proj_dim=32, init_std=0.4),
}
_TURNS = ["sliding_attention", "full_attention", "sliding_attention"]
FAMILIES = tuple(CONFIGS)
OWN_ATTENTION = ("falcon", "falcon-alibi", "bloom", "gptj")
"""Whose attention is code of their own."""


def family(name: str, *, eager: bool = False, seed: int = 0) -> Any:
    """A model in eval mode, float32; with `eager` it can return its attention."""
    torch.manual_seed(seed)
    options = {"attn_implementation": "eager"} if eager else {}
    return AutoModelForCausalLM.from_config(CONFIGS[name](), **options).eval()


def some_ids(length: int, *, seed: int = 0, bos: int = 1) -> list[int]:
    """Tokens that begin with `bos` times the beginning-of-sequence token."""
    drawn = torch.randint(2, WORDS, (length,), generator=torch.Generator().manual_seed(seed)).tolist()
    return [*[1] * bos, *drawn[bos:]]
