"""A Llama of random weights with a small byte-level tokenizer and a chat template, made on the spot.

Random weights say nothing sensible but say it exactly: every logit is a function of the context, which is all that a
test of batching, seeds, masks, adapters and caches needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKERS = ("<|user|>", "<|assistant|>", "<|system|>", "<|belief|>")
SENTENCES = [
    "i need a cheap hotel in the north with parking",
    "the train leaves at 10:15 on friday and arrives at noon",
    "my sister turns thirty soon and we meet up there",
    "happy birthday to her! shall i book a table for five people?",
    "hotel area north, hotel parking yes, train day friday",
]


def make_random_llama(
    folder: Path,
    *,
    hidden: int = 64,
    layers: int = 2,
    tied: bool = True,
    context: int = 512,
    vocabulary: int = 400,
    special: Sequence[str] = MARKERS,
    template: str | None = TEMPLATE,
    spread: float = 0.2,
    seed: int = 0,
) -> Path:
    """Write a checkpoint of some 0.1 to 0.2 M parameters into `folder`; return it."""
    tokenizer = make_tokenizer(vocabulary=vocabulary, special=special, template=template)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=tied,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=spread,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_tokenizer(
    *, vocabulary: int = 400, special: Sequence[str] = MARKERS, template: str | None = TEMPLATE
) -> PreTrainedTokenizerFast:
    """A byte-level BPE learnt from a few sentences."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<|pad|>", "<|end|>", *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(SENTENCES * 20, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.chat_template = template
    return tokenizer
