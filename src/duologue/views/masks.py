"""What a model is trained on, shown token by token, and what is wrong with it.

A stop token outside the mask is the commonest silent fault of fine-tuning: training looks well and generation never
ends. `problems` finds it, and its kin, before a single step is made.

    for part in stretches(tokens, tokenizer): print("+" if part.trained else "-", "|".join(part.pieces))
    problems(tokens, tokenizer)       # [], or what is wrong, one line each
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, groupby
from typing import Any, NamedTuple

from duologue.views.tokens import Tokens, end_tokens

EMPTY_THINKING = re.compile(
    r"<(seed:)?(think|thinking|thought|reasoning)>\s*</(seed:)?\2>"
    r"|<\|channel>\s*thought\s*<channel\|>|<\|START_THINKING\|>\s*<\|END_THINKING\|>"
    r"|\[THINK\]\s*\[/THINK\]|◁think▷\s*◁/think▷"
)
"""A thinking block with no thought in it, as model families write it."""


_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t\r"}


class Stretch(NamedTuple):
    """Neighbouring tokens that are all trained or all not; `start` is the index of the first."""

    trained: bool
    start: int
    pieces: list[str]


class Place(NamedTuple):
    """Tokens `start` to `end`, exclusive."""

    start: int
    end: int


def stretches(tokens: Tokens, tokenizer: Any) -> Iterator[Stretch]:
    """Cut token ids where the mask changes; each piece is one token as text, its line breaks written out."""
    start = 0
    for trained, group in groupby(zip(tokens.ids, tokens.trained, strict=True), key=lambda each: each[1]):
        ids = [token for token, _ in group]
        yield Stretch(trained, start, [piece(token, tokenizer).replace("\n", "\\n") for token in ids])
        start += len(ids)


def problems(tokens: Tokens, tokenizer: Any) -> list[str]:
    """What is wrong with a mask: all that makes `duologue mask` fail, one line each."""
    if not any(tokens.trained):
        return ["no token is trained: the answer is empty, or {% generation %} encloses nothing"]
    found = []
    # A causal model predicts each token from those before it, so the first is never trained.
    if all(tokens.trained[1:]):
        found.append("every token is trained, what the model is given too: leave out --loss all, or give a prompt")
    end = end_problem(tokens, tokenizer)
    if end:
        found.append(end)
    empty = [place for place in empty_thinking(tokens, tokenizer) if any(tokens.trained[place.start : place.end])]
    if empty:
        where = f"tokens {empty[0].start} to {empty[0].end - 1}" + (f", and {len(empty) - 1} more" if empty[1:] else "")
        mend = "give the reasoning, or a template that writes the block when it asks without thinking"
        found.append(f"an empty thinking block ({where}) is trained: {mend}")
    return found + ([tokens.doubt] if tokens.doubt else [])


def end_problem(tokens: Tokens, tokenizer: Any) -> str | None:
    """Why a model trained on these tokens would not learn to stop; None when it does.

    Every trained stretch must end in a token that ends generation: the tokenizer's end-of-sequence token, or another of
    its special tokens (the end of a chat turn). Line breaks may follow it.
    """
    ends = set(end_tokens(tokenizer).values())
    if not any(tokens.trained):
        return "no token is trained"
    for last in _last_trained(tokens.trained):
        at = last
        while at and tokens.trained[at - 1] and not piece(tokens.ids[at], tokenizer).strip():
            at -= 1
        if tokens.ids[at] in ends:
            continue
        following = tokens.ids[last + 1] if last + 1 < len(tokens.ids) else None
        if following in ends:
            end = f"the end token {piece(following, tokenizer)!r} after token {last} is not trained"
            return f"{end}: move it into the template's {{% generation %}}, or leave those tags out"
        return f"what is trained ends at token {last}, {piece(tokens.ids[last], tokenizer)!r}, without an end token"
    return None


def empty_thinking(tokens: Tokens, tokenizer: Any) -> list[Place]:
    """Where thinking blocks stand that hold no thought: a model that learns to write them learns not to think."""
    if not EMPTY_THINKING.search(tokenizer.decode(tokens.ids)):
        return []
    pieces = [piece(token, tokenizer) for token in tokens.ids]
    ends = list(accumulate(len(each) for each in pieces))
    places = []
    for found in EMPTY_THINKING.finditer("".join(pieces)):
        first = next(index for index, end in enumerate(ends) if end > found.start())
        last = next(index for index, end in enumerate(ends) if end >= found.end())
        places.append(Place(first, last + 1))
    return places


def piece(token: int, tokenizer: Any) -> str:
    """One token as text, its leading space included.

    Part of a character is shown in the tokenizer's own spelling, a control character as its picture (␎).
    """
    spelled = str(tokenizer.convert_ids_to_tokens(token))
    if "▁" in spelled and not spelled.startswith("<"):  # not DeepSeek's <｜end▁of▁sentence｜>
        return spelled.replace("▁", " ")
    text = str(tokenizer.decode([token]))
    return spelled if "\ufffd" in text else text.translate(_PICTURES)


def _last_trained(trained: list[bool]) -> Iterator[int]:
    """The last index of each trained stretch."""
    for index, each in enumerate(trained):
        if each and not (index + 1 < len(trained) and trained[index + 1]):
            yield index
