"""Examples for encoder-decoder models (T5): what was said goes into the encoder, the response out of the decoder.

    for pair in sequence_pairs(response_tokens(exchange, tokenizer, max_length=512), tokenizer):
        pair.source, pair.target

Any view's tokens can be parted so; every trained stretch is one pair. The encoder's ids are those of the raw text in
the tokenizer's own manner, with an end token where it closes texts with one, as T5's does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from duologue.views.tokens import Tokens


class Pair(NamedTuple):
    """Token ids for the encoder, those that the decoder learns to write, and the name of what they render."""

    source: list[int]
    target: list[int]
    name: str = ""


def sequence_pairs(tokens: Tokens, tokenizer: Any) -> Iterator[Pair]:
    """Part an example: per trained stretch, all before it is the source; the target ends in the end token."""
    at = 0
    for trained, group in groupby(tokens.trained):
        start, at = at, at + len(list(group))
        if trained:
            target = tokens.ids[start:at]
            end = [] if tokenizer.eos_token_id in (None, target[-1]) else [tokenizer.eos_token_id]
            yield Pair(encoder_ids(tokens.ids[:start], tokenizer), target + end, tokens.name)


def encoder_ids(ids: list[int], tokenizer: Any) -> list[int]:
    """Prompt ids as an encoder takes them: closed where the tokenizer closes texts."""
    end = tokenizer.eos_token_id
    closes = end is not None and list(tokenizer("a")["input_ids"])[-1] == end
    return [*ids, end] if closes and ids[-1:] != [end] else list(ids)
