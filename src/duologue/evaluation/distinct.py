"""Distinct-n and other shares of distinct things.

    distinct([[("so", "sorry"), ("sorry", "!")], [("so", "sorry")]])      # 2 of 3, in percent: 66.7

Distinct-n (Li et al. 2016) is the share of the n-grams that differ from one another. It falls with the number of words,
whoever wrote them, so compare it at the same number only.

A thing that is there k times counts 1/k each time, which sums to the number of distinct things. So every dialogue has a
share of its own, and the interval is that of a mean of dialogues; drawing dialogues twice and counting anew would take
the draw itself for repetition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from duologue.evaluation.estimate import Estimate, Part, over_rows


def distinct(things: Sequence[Sequence[Hashable]], *, seed: int = 0) -> Estimate:
    """Percent of the things that differ from one another.

    Args:
        things: of each dialogue.
        seed: of the draws.
    """
    times = Counter(each for own in things for each in own)
    part = Part(lambda own: sum(1 / times[each] for each in own), len)
    return over_rows(things, {"distinct": part}, seed=seed)["distinct"]


def ngrams(messages: Iterable[Sequence[str]], order: int) -> list[tuple[str, ...]]:
    """The runs of `order` words within messages."""
    return [gram for words in messages for gram in zip(*(words[start:] for start in range(order)), strict=False)]
