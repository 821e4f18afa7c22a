"""A T5 of random weights, with the tokenizer of `random_llama` made to close every text, as T5's does."""

from __future__ import annotations

from pathlib import Path

import torch
from random_llama import make_random_llama
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration


def make_random_t5(folder: Path, *, seed: int = 0, spread: float = 2.0) -> Path:
    """Write a checkpoint with two layers of each into `folder`; return it."""
    tokenizer = AutoTokenizer.from_pretrained(make_random_llama(folder, template=None))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A <|end|>", special_tokens=[("<|end|>", tokenizer.eos_token_id)]
    )
    for file in folder.iterdir():
        file.unlink()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_heads=4,
        num_layers=2,
        initializer_factor=spread,
        decoder_start_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder
