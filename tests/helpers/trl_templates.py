"""The chat templates that TRL ships, each on a byte-level tokenizer that has the template's special tokens."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SPECIAL = re.compile(r"<\|[A-Za-z_]+\|>|<｜[^｜]+｜>|<\|?[a-z_]+\|?>|</[a-z_]+>|\[/?[A-Z]+\]")
"""What looks like a special token; `<s>` and `</s>` serve as bos_token and eos_token."""


def shipped() -> dict[str, Path]:
    """Name -> file of every template in the installed TRL; none where TRL is not installed."""
    found = find_spec("trl")
    folders = [Path(place) / "chat_templates" for place in (found and found.submodule_search_locations) or []]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.jinja"))}


def tokenizer_for(template: str) -> Any:
    """A tokenizer of bytes and special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = list(dict.fromkeys(["<s>", "</s>", *_SPECIAL.findall(template)]))
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=256, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator([], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token="<s>", eos_token="</s>", chat_template=template)
