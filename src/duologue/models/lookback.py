"""What the tokens so far forbid or make dearer in the next one: n-grams, repetition, an end that comes too early.

Row by row, with transformers' meaning of `repetition_penalty` (Keskar et al. 2019, CTRL, eq. 1; negative scores are
multiplied), `no_repeat_ngram_size` and `min_new_tokens`, and in its order. The prompt counts; padding never does.

    lookback = Lookback(rows, begun, vocabulary, ends, device)
    logits = lookback.adjust(logits, step)
    lookback.add(tokens)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from duologue.models.repetition import Ngrams


class Limits(NamedTuple):
    """What one row wants: None of a kind where it wants none."""

    repetition_penalty: float | None = None
    no_repeat_ngram: int | None = None
    min_new: int | None = None


class Lookback:
    """The rows of a batch; those without limits cost nothing."""

    def __init__(
        self,
        limits: Sequence[Limits],
        begun: Sequence[Sequence[int]],
        *,
        vocabulary: int,
        ends: frozenset[int],
        device: torch.device,
    ) -> None:
        """Begin with what stands before the answers.

        Args:
            limits: of each row.
            begun: token ids of each row that the model continues (of an encoder-decoder, the decoder's).
            vocabulary: how many logits there are.
            ends: token ids that end an answer.
            device: of the logits.
        """
        self._limits = list(limits)
        self._ends = [token for token in ends if token < vocabulary]
        self._ngrams = [
            Ngrams(each.no_repeat_ngram, ids) if each.no_repeat_ngram else None
            for each, ids in zip(limits, begun, strict=True)
        ]
        self._penalties: Tensor | None = None
        if any(each.repetition_penalty for each in limits):
            self._penalties = torch.tensor(
                [each.repetition_penalty or 1.0 for each in limits], dtype=torch.float64, device=device
            )
            self._seen = torch.zeros(len(begun), vocabulary, dtype=torch.bool, device=device)
            for row, ids in enumerate(begun):
                self._seen[row, [token for token in ids if token < vocabulary]] = True

    def adjust(self, logits: Tensor, step: int) -> Tensor:
        """The logits [rows, vocabulary] of the token number `step` (from 0), with the limits applied."""
        if self._penalties is not None:
            penalties = self._penalties[:, None].to(logits.dtype)
            dearer = torch.where(logits < 0, logits * penalties, logits / penalties)
            logits = torch.where(self._seen, dearer, logits)
        for row, (limits, ngrams) in enumerate(zip(self._limits, self._ngrams, strict=True)):
            if ngrams is not None and (banned := ngrams.banned()):
                logits[row, list(banned)] = -torch.inf
            if step < (limits.min_new or 0):
                logits[row, self._ends] = -torch.inf
        return logits

    def add(self, tokens: Tensor) -> None:
        """Take in the rows' next tokens [rows]."""
        if self._penalties is not None:
            self._seen[torch.arange(len(tokens), device=tokens.device), tokens] = True
        for ngrams, token in zip(self._ngrams, tokens.tolist(), strict=True):
            if ngrams is not None:
                ngrams.add(token)

    def keep(self, rows: Tensor) -> None:
        """Only these rows go on."""
        chosen = rows.tolist()
        self._limits = [self._limits[row] for row in chosen]
        self._ngrams = [self._ngrams[row] for row in chosen]
        if self._penalties is not None:
            self._penalties, self._seen = self._penalties[rows], self._seen[rows]
