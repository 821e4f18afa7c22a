"""Distinct-n and other shares of distinct things, with what they would be in other draws of dialogues.

    distinct([[("so", "sorry"), ("sorry", "!")], [("so", "sorry")]])      # 2 of 3, in percent: 66.7

Distinct-n (Li et al. 2016) is the share of the n-grams that differ from one another. It falls with the number of words,
whoever wrote them, so compare it at the same number only.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from duologue.evaluation.bootstrap import draws
from duologue.evaluation.estimate import NOTHING, Estimate, centred


def distinct(things: Sequence[Sequence[Hashable]], *, seed: int = 0) -> Estimate:
    """Percent of the things that differ from one another.

    Args:
        things: of each dialogue.
        seed: of the draws.
    """
    known: dict[Hashable, int] = {}
    kinds = np.array([known.setdefault(each, len(known)) for own in things for each in own], dtype=np.int64)
    if not len(kinds):
        return NOTHING
    owners = np.repeat(np.arange(len(things)), [len(own) for own in things])
    found = []
    for piece in draws(len(things), seed=seed):
        for counts in piece:
            total = counts[owners].sum()
            there = np.count_nonzero(np.bincount(kinds, counts[owners], len(known)))
            found.append(100 * there / total if total else math.nan)
    drawn = np.array(found)
    drawn = np.where(np.isfinite(drawn), drawn, np.nanmean(drawn))
    return centred(100 * len(known) / len(kinds), drawn)


def ngrams(messages: Iterable[Sequence[str]], order: int) -> list[tuple[str, ...]]:
    """The runs of `order` words within messages."""
    return [gram for words in messages for gram in zip(*(words[start:] for start in range(order)), strict=False)]
