"""A text as tokens, and which characters each of them stands for, with any tokenizer.

with_offsets("I feel calm", tokenizer).offsets       # [(0, 1), (1, 6), (6, 11)]

Fast tokenizers say it themselves. For others it is found by decoding ever longer beginnings: what a token adds to the
text is its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Tokenised(NamedTuple):
    """Tokens and their characters (start, end exclusive).

    Attributes:
        text: what the offsets refer to: the text given, or what the tokens decode to where that differs.
        ids: one per token.
        offsets: as many; one that holds but a part of a character has the whole of it.
    """

    text: str
    ids: list[int]
    offsets: list[tuple[int, int]]


def with_offsets(text: str, tokenizer: Any) -> Tokenised:
    """Tokenise without adding special tokens; those that stand in the text are kept."""
    if getattr(tokenizer, "is_fast", False):
        made = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return Tokenised(text, list(made["input_ids"]), [(start, end) for start, end in made["offset_mapping"]])
    ids = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    decoded = text if _decode(ids, tokenizer) == text else _decode(ids, tokenizer)
    offsets, begun = [], 0
    for count in range(1, len(ids) + 1):
        reached = max(begun, _shared(_decode(ids[:count], tokenizer), decoded))
        offsets.append((begun, max(reached, min(begun + 1, len(decoded)))))
        begun = reached
    return Tokenised(decoded, ids, offsets)


def _decode(ids: list[int], tokenizer: Any) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next(
        (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
