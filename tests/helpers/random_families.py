"""Checkpoints of random weights of the families whose modules are named unlike one another's, some 50,000 weights each.

make_random("falcon", folder)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from random_llama import TEMPLATE, make_tokenizer
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    BertConfig,
    FalconConfig,
    Gemma2Config,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    RobertaConfig,
    T5Config,
)

FAMILIES = ("llama", "gpt-neox", "falcon", "gemma2", "t5")
ENCODERS = ("bert", "roberta")


def make_random(
    family: str, folder: Path, *, template: str | None = TEMPLATE, special: Any = (), seed: int = 0
) -> Path:
    """Write a checkpoint with two layers and a small tokenizer into `folder`; return it."""
    tokenizer = make_tokenizer(vocabulary=320, special=special, template=template)
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    words = {
        "vocab_size": len(tokenizer),
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    made = {
        "llama": lambda: LlamaConfig(**sizes, **words, intermediate_size=64, num_key_value_heads=2),
        "gpt-neox": lambda: GPTNeoXConfig(**sizes, **words, intermediate_size=64, max_position_embeddings=512),
        "falcon": lambda: FalconConfig(**sizes, **words, ffn_hidden_size=64),
        "gemma2": lambda: Gemma2Config(**sizes, **words, intermediate_size=64, num_key_value_heads=2, head_dim=8),
        "gpt2": lambda: GPT2Config(**words, n_embd=32, n_layer=2, n_head=4, n_positions=512),
        "bert": lambda: BertConfig(**sizes, **words, intermediate_size=64, max_position_embeddings=64),
        "roberta": lambda: RobertaConfig(**sizes, **words, intermediate_size=64, max_position_embeddings=64),
        "t5": lambda: T5Config(
            **words,
            d_model=32,
            d_ff=64,
            d_kv=8,
            num_layers=2,
            num_heads=4,
            feed_forward_proj="gated-gelu",
            decoder_start_token_id=tokenizer.pad_token_id,
        ),
    }
    torch.manual_seed(seed)
    kinds = {"t5": AutoModelForSeq2SeqLM} | dict.fromkeys(ENCODERS, AutoModelForMaskedLM)
    kind = kinds.get(family, AutoModelForCausalLM)
    kind.from_config(made[family]()).save_pretrained(folder)
    return folder
