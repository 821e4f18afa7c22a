"""A reply's attention, added up layer after layer and block after block: what is kept of it, and nothing else.

reduction = Reduction(watched)
reduction.add(layer=0, first=599, weights)       # [H, n, k], of the queries at places 599, 600, …
reduction.result()                               # ReplyAttention
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import torch
from torch import Tensor

from duologue.errors import InputError
from duologue.models.attention.watched import ReplyAttention, Watched, columns_of


class Taker(Protocol):
    """Who takes in a reply's attention block by block, and keeps what it wants of it.

    Attributes:
        watched: the reply.
        first: the first query to look at; the last one is the one that predicts the last token.
    """

    watched: Watched
    first: int

    def add(self, layer: int, first: int, weights: Tensor, offset: int = 0) -> None:
        """Take in [H, n, k]: of the queries at places `first` and on, to the keys at places `offset` and on."""


class Reduction:
    """Sums of one reply's attention."""

    def __init__(self, watched: Watched, *, layers: Collection[int] | None = None) -> None:
        """Begin with nothing.

        Args:
            watched: the reply; its length is the most that will be looked at.
            layers: whose mean the rows are; by default of all.
        """
        self.watched = watched
        self.first = 0 if watched.turns else watched.prompt - 1
        self._layers = layers
        self._length = len(watched.ids)
        self._replied = self._length - watched.prompt
        self._rows: Tensor | None = None
        self._sums: dict[int, Tensor] = {}
        self._turns: dict[int, Tensor] = {}
        parts = columns_of(watched.parts, self._length, watched.sinks)
        seen = torch.ones(self._length, 1)
        seen[: watched.sinks] = 0
        self._parts = torch.cat([seen, parts], 1)
        self._keys = columns_of(watched.turns, self._length, watched.sinks)
        member = columns_of(watched.turns, self._length, 0)
        # A query belongs to the turn of the token that it predicts; what belongs to none goes to a row that is dropped.
        predicted = torch.cat([member[1:], member[:1] * 0])
        nowhere = predicted.sum(1) == 0
        self._turn_of = torch.where(nowhere, len(watched.turns), predicted.argmax(1) if watched.turns else 0)

    def add(self, layer: int, first: int, weights: Tensor, offset: int = 0) -> None:
        """Take in the weights of some queries of a layer.

        Args:
            layer: its number, from 0.
            first: the place of the first query, at least `self.first`.
            weights: [H, n, k], to the keys at places `offset` and on.
            offset: the place of the first key.
        """
        self._to(weights)
        count, seen = weights.shape[1], slice(offset, offset + weights.shape[2])
        mean = weights.mean(0)
        mean[:, : max(0, self.watched.sinks - offset)] = 0
        mean = mean / mean.sum(-1, keepdim=True).clamp_min(torch.finfo(mean.dtype).tiny)
        if self.watched.turns:
            sums = self._turns.setdefault(layer, mean.new_zeros(len(self.watched.turns) + 1, len(self.watched.turns)))
            sums.index_add_(0, self._turn_of[first : first + count], mean @ self._keys[seen])
        token = first - (self.watched.prompt - 1)
        if token < 0:
            weights, mean, token = weights[:, -token:], mean[-token:], 0
        place = slice(token, token + mean.shape[0])
        if not mean.shape[0]:
            return
        assert self._rows is not None
        if self._layers is None or layer in self._layers:
            self._rows[place, seen] += mean
        if layer not in self._sums:
            self._sums[layer] = weights.new_zeros(len(weights), self._replied, self._parts.shape[1])
        self._sums[layer][:, place] = weights @ self._parts[seen]

    def result(self, replied: int | None = None) -> ReplyAttention:
        """What was kept, of the first `replied` tokens of the reply where it ended early.

        Raises:
            InputError: layers differ in their number of heads, or a layer that is wanted was not seen.
        """
        replied = self._replied if replied is None else replied
        tokens = self.watched.prompt + replied
        wanted = sorted(self._sums) if self._layers is None else sorted(set(self._layers))
        if self._rows is None or not wanted or not set(wanted) <= self._sums.keys():
            raise InputError(
                f"layers {wanted} of {len(self._sums)} with attention",
                mend=f"name layers from 0 to {len(self._sums) - 1}",
            )
        if len({len(each) for each in self._sums.values()}) > 1:
            raise InputError("the model's layers differ in their number of heads, so sums per head make no one tensor")
        turns = [self._turns[layer][:-1] for layer in sorted(self._turns)]
        return ReplyAttention(
            self._rows[:replied, :tokens] / len(wanted),
            torch.stack([self._sums[layer][:, :replied] for layer in sorted(self._sums)]),
            torch.stack(turns) if turns else None,
        )

    def _to(self, weights: Tensor) -> None:
        """Move to where the weights are, once."""
        if self._rows is None:
            self._rows = weights.new_zeros(self._replied, self._length)
            self._parts, self._keys = self._parts.to(weights), self._keys.to(weights)
            self._turn_of = self._turn_of.to(weights.device)
