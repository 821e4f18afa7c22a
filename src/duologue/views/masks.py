"""What a model is trained on, shown token by token, and whether it learns to stop.

A stop token outside the mask is the commonest silent fault of fine-tuning: training looks well and generation never
ends. `end_problem` finds it before a single step is made.

    for part in stretches(tokens, tokenizer): print("+" if part.trained else "-", "|".join(part.pieces))
    end_problem(tokens, tokenizer)       # None, or what is wrong
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from duologue.views.delexicalise import PLACEHOLDERS
from duologue.views.tokens import Tokens


class Stretch(NamedTuple):
    """Neighbouring tokens that are all trained or all not; `start` is the index of the first."""

    trained: bool
    start: int
    pieces: list[str]


def stretches(tokens: Tokens, tokenizer: Any) -> Iterator[Stretch]:
    """Cut token ids where the mask changes; each piece is one token as text."""
    start = 0
    for trained, group in groupby(zip(tokens.ids, tokens.trained, strict=True), key=lambda each: each[1]):
        ids = [token for token, _ in group]
        yield Stretch(trained, start, [_piece(token, tokenizer) for token in ids])
        start += len(ids)


def end_problem(tokens: Tokens, tokenizer: Any) -> str | None:
    """Why a model trained on these tokens would not learn to stop; None when it does.

    Every trained stretch must end in a token that ends generation: the tokenizer's end-of-sequence token, or another of
    its special tokens (the end of a chat turn).
    """
    ends = _end_tokens(tokenizer)
    parts = list(stretches(tokens, tokenizer))
    if not any(part.trained for part in parts):
        return "no token is trained"
    for number, part in enumerate(parts):
        if not part.trained:
            continue
        last = part.start + len(part.pieces) - 1
        if tokens.ids[last] in ends:
            continue
        following = tokens.ids[last + 1] if number + 1 < len(parts) else None
        if following in ends:
            return f"the end token {_piece(following, tokenizer)!r} after token {last} is not trained"
        return f"what is trained ends at token {last}, {part.pieces[-1]!r}, without an end token"
    return None


def _end_tokens(tokenizer: Any) -> set[int]:
    added = {
        number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and token.content not in PLACEHOLDERS
    }
    return (added - {tokenizer.bos_token_id, tokenizer.unk_token_id}) | {tokenizer.eos_token_id}


def _piece(token: int | None, tokenizer: Any) -> str:
    return str(tokenizer.decode([token])).replace("\n", "\\n")
