"""The tokenizer of the embedded model: a small byte-level BPE in which a capital letter is a mark and a small letter.

A model that copies needs the thing and its copy to have the same pieces. So

* "Preestou" and "preestou" share theirs: the normaliser writes a lone capital as U+000E and the small letter (52
  rules: with the space before it, so that the mark stands before " preestou", and without), the decoder writes it
  back. Capitals in runs ("QX7RP2ZZ") stay as they are. All other text passes unchanged; only a text that already
  holds U+000E before a letter comes back altered;
* a punctuation character is always a piece of its own, "**" excepted, and digits come in pairs, each an entry;
* names are never one piece: the texts it is trained on draw them freshly.

    tokenizer = train_tokenizer(texts); save_tokenizer(tokenizer, folder)
"""

from __future__ import annotations

import itertools
import json
import string
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

CAPITAL = "\x0e"
PAD, BEGIN, END = "<|pad|>", "<|begin|>", "<|end|>"
ROLES = {"system": "<|instruction|>", "user": "<|question|>", "assistant": "<|answer|>"}
SIMPLETOD = [
    "<|belief|>",
    "<|endofbelief|>",
    "<|action|>",
    "<|endofaction|>",
    "<|response|>",
    "<|endofresponse|>",
    "<|context|>",
    "<|endofcontext|>",
    "<|user|>",
    "<|system|>",
]
PLACEHOLDERS = [
    "[address]",
    "[area]",
    "[arriveby]",
    "[bookday]",
    "[bookpeople]",
    "[bookstay]",
    "[booktime]",
    "[choice]",
    "[day]",
    "[department]",
    "[departure]",
    "[destination]",
    "[duration]",
    "[entrancefee]",
    "[food]",
    "[leaveat]",
    "[name]",
    "[openhours]",
    "[phone]",
    "[postcode]",
    "[price]",
    "[pricerange]",
    "[ref]",
    "[stars]",
    "[trainid]",
    "[type]",
]
SPECIAL = [PAD, BEGIN, END, *ROLES.values(), *SIMPLETOD, *PLACEHOLDERS]
VOCABULARY = 1344

# words, digit pairs, "**", single other characters (each with the space before it), runs of white space
_PIECES = r"\x0e| ?\p{L}+| ?\p{N}{1,2}| ?\*\*| ?[^\s\p{L}\p{N}]|\s+(?!\S)|\s"

_TURN = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- '<|answer|> ' -}}{%- generation -%}{{- message['content'] | trim + '<|end|>' -}}{%- endgeneration -%}"
    "{%- elif message['role'] == 'system' -%}{{- '<|instruction|> ' + message['content'] | trim + '<|end|>' -}}"
    "{%- elif message['role'] == 'user' -%}{{- '<|question|> ' + message['content'] | trim + '<|end|>' -}}"
    "{%- else -%}{{- raise_exception('the roles are system, user and assistant') -}}{%- endif -%}"
    "{%- endfor -%}"
)
CHAT_TEMPLATE = "{{- bos_token -}}" + _TURN + "{%- if add_generation_prompt -%}{{- '<|answer|>' -}}{%- endif -%}"


def train_tokenizer(texts: Iterator[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """Learn the merges from `texts` and add the special tokens; `vocabulary` counts everything."""
    tokenizer = _untrained()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=2,
    )
    plain = (_without_special(text) for text in texts)
    pairs = " ".join(f"x{number:02d}" for number in range(100))
    tokenizer.train_from_iterator(itertools.chain(plain, itertools.repeat(pairs, 3000)), trainer)
    # The trainer registers special tokens as normalised or not by its own lights: say it outright.
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    return tokenizer


def _without_special(text: str) -> str:
    for token in SPECIAL:
        if token in text:
            text = text.replace(token, " ")
    return text


def _untrained() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    letters = string.ascii_uppercase
    lone = "(?<![A-Z0-9]){}(?![A-Z0-9])"
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(f" {a}(?![A-Z0-9])"), f"{CAPITAL} {a.lower()}") for a in letters]
        + [normalizers.Replace(Regex(lone.format(a)), f"{CAPITAL}{a.lower()}") for a in letters]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    # ByteLevel yields one string per run of tokens only after Fuse; then the marks are taken back.
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Fuse()]
        + [decoders.Replace(f"{CAPITAL} {a.lower()}", f" {a}") for a in letters]
        + [decoders.Replace(f"{CAPITAL}{a.lower()}", a) for a in letters]
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, *, context: int = 4096) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json` (with the chat template) as transformers loads them."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BEGIN,
        "eos_token": END,
        "pad_token": PAD,
        "additional_special_tokens": [*ROLES.values(), *SIMPLETOD, *PLACEHOLDERS],
        "add_bos_token": False,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
        "padding_side": "left",
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
