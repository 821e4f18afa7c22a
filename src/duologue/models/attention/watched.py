"""A reply whose attention is measured, and what is kept of it.

Watched(ids, prompt=600, parts={"strategy_name": [(41, 46)]}, sinks=1)

Row t of a reply (t from 0) is the softmax attention of the query that predicted its token t: position `prompt - 1 + t`.
It sees `prompt + t` keys. The first keys, which nearly all models use as a sink (the beginning-of-sequence token, also
where a prompt has it twice), are set apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import Tensor

Tokens: TypeAlias = Sequence[tuple[int, int]]
"""Tokens start to end (exclusive), in several pieces where a part has several; they may overlap."""


@dataclass(frozen=True)
class Watched:
    """A prompt with its reply, and the parts of it that attention is summed over.

    Attributes:
        ids: tokens of prompt and reply, at least one of each.
        prompt: how many of them are the prompt's.
        parts: name -> its tokens, by their places in `ids`.
        turns: name -> its tokens, of disjoint parts of the whole conversation, for sums from turn to turn; empty where
            these are not wanted.
        sinks: how many tokens at the beginning are set to zero.
    """

    ids: Sequence[int]
    prompt: int
    parts: Mapping[str, Tokens] = field(default_factory=dict)
    turns: Mapping[str, Tokens] = field(default_factory=dict)
    sinks: int = 1

    def __post_init__(self) -> None:
        """Refuse what has no rows."""
        if not 0 < self.prompt < len(self.ids):
            raise ValueError(f"a prompt of {self.prompt} tokens in {len(self.ids)} tokens leaves no reply to look at")
        if not 0 <= self.sinks <= self.prompt:
            raise ValueError(f"{self.sinks} sinks in a prompt of {self.prompt} tokens")


@dataclass(frozen=True)
class ReplyAttention:
    """What is kept of a reply's attention: R reply tokens, T tokens, L layers, H heads, S parts, U turns.

    Attributes:
        rows: [R, T], the mean over heads, sinks set to zero, renormalised per layer, then the mean over layers; row t
            is zero from column `prompt + t` on.
        sums: [L, H, R, 1 + S], softmax attention as it is, summed over all keys but the sinks (column 0), and over each
            part's keys but the sinks.
        turns: [L, U, U], normalised as `rows` before the mean over layers and summed: from the queries that predict
            the one turn's tokens to the other turn's keys; None where no turns were given.
    """

    rows: Tensor
    sums: Tensor
    turns: Tensor | None = None


def sinks_in(ids: Sequence[int], bos: int | None) -> int:
    """How many tokens at the beginning act as a sink: the first one, and with it repeated beginning-of-sequence tokens.

    Args:
        ids: a prompt, unpadded, at least one token.
        bos: the beginning-of-sequence token, where there is one.
    """
    if not ids or ids[0] != bos:
        return 1
    return next((place for place, token in enumerate(ids) if token != bos), len(ids))


def columns_of(parts: Mapping[str, Tokens], length: int, sinks: int) -> Tensor:
    """Which of `length` tokens belong to which part: [length, S] of 0 and 1; sinks belong to none."""
    member = torch.zeros(length, len(parts))
    for number, pieces in enumerate(parts.values()):
        for start, end in pieces:
            member[start:end, number] = 1
    member[:sinks] = 0
    return member
