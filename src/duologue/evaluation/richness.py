"""Richness of the responses: entropy, conditional bigram entropy (CBE), distinct n-grams, lengths (spec/tod.md §5.6).

    score_richness(pair(predictions, references)).conditional_entropy

Higher means more varied language; it says nothing about whether the language is right. Distinct counts grow with the
number of turns, so compare systems on the same dialogues only.

This file owns the figures (`RichnessCounts`). What counts as a word is the caller's: `measures.words` here, the public
evaluator's tokens in `evaluation.tod`, whose figures are therefore not the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats, Interval, centred, draws
from duologue.evaluation.pairing import Pairing
from duologue.measures.words import words

_SEGMENT = 50
_WITH_INTERVAL = ("entropy", "conditional_entropy", "unigrams", "bigrams", "trigrams")


class Richness(msgspec.Struct, frozen=True):
    """The figures of a set of turns.

    Attributes:
        entropy: of words, in bits.
        conditional_entropy: CBE, of a word given the one before it within a turn, in bits.
        mean_length: words per turn.
        msttr: mean share of distinct words in segments of 50 words, all turns one after the other.
        unigrams: distinct words.
        bigrams: distinct pairs within a turn.
        trigrams: distinct triples within a turn.
    """

    entropy: float
    conditional_entropy: float
    mean_length: float
    msttr: float
    unigrams: int
    bigrams: int
    trigrams: int


class RichnessCounts:
    """Counts turns as they come; of the turns themselves nothing is kept. Only MSTTR depends on their order."""

    def __init__(self) -> None:
        self.turns = 0
        self._words = 0
        self._unigrams: Counter[str] = Counter()
        self._bigrams: Counter[tuple[str, str]] = Counter()
        self._trigrams: set[tuple[str, str, str]] = set()
        self._segment: list[str] = []
        self._distinct: Counter[int] = Counter()

    def add(self, words: list[str]) -> None:
        """Count the words of a turn."""
        self.turns += 1
        self._words += len(words)
        self._unigrams.update(words)
        self._bigrams.update(pairwise(words))
        self._trigrams.update(zip(words, words[1:], words[2:], strict=False))
        self._segment += words
        while len(self._segment) >= _SEGMENT:
            self._distinct[len(set(self._segment[:_SEGMENT]))] += 1
            del self._segment[:_SEGMENT]

    def figures(self) -> Richness:
        """The figures of all turns so far. Sums are exact, so their order does not show in the last digit."""
        total = self._words
        shares = (count / total for count in self._unigrams.values())
        given = ((count / total, count / self._unigrams[pair[0]]) for pair, count in self._bigrams.items())
        return Richness(
            entropy=-math.fsum(share * math.log2(share) for share in shares),
            conditional_entropy=-math.fsum(share * math.log2(each) for share, each in given),
            mean_length=total / self.turns if self.turns else 0.0,
            msttr=self._msttr(),
            unigrams=len(self._unigrams),
            bigrams=len(self._bigrams),
            trigrams=len(self._trigrams),
        )

    def _msttr(self) -> float:
        """Mean segmental type-token ratio; what is left after the last whole segment is not counted."""
        segments = self._distinct.total()
        if segments:
            return sum(distinct * count for distinct, count in self._distinct.items()) / (_SEGMENT * segments)
        return len(set(self._segment)) / len(self._segment) if self._segment else 0.0


class RichnessRow(msgspec.Struct, frozen=True):
    """One dialogue: its turns, the words of its responses, the turns without a word."""

    id: str
    turns: int
    words: int
    empty: list[int]


class RichnessScore(Richness, frozen=True):
    """Richness over all responses.

    Attributes:
        turns: number of responses.
        intervals: of entropies and distinct counts, from the spread over dialogues.
        rows: per dialogue.
    """

    turns: int
    intervals: dict[str, Interval]
    rows: list[RichnessRow]


class _Grams(NamedTuple):
    """Every n-gram of the corpus by its number, the dialogue it stands in, and the number of each kind."""

    ids: NDArray[np.int64]
    dialogues: NDArray[np.int64]
    kinds: dict[tuple[str, ...], int]


def score_richness(pairing: Pairing, *, seed: int = 0) -> RichnessScore:
    """Measure the richness of the predicted responses.

    Args:
        pairing: predictions beside references.
        seed: of the bootstrap.
    """
    said = [[words(each.response) for each in dialogue.pairs] for dialogue in pairing.dialogues]
    rows = [
        RichnessRow(
            id=dialogue.id,
            turns=len(turns),
            words=sum(map(len, turns)),
            empty=[each.position for each, turn in zip(dialogue.pairs, turns, strict=True) if not turn],
        )
        for dialogue, turns in zip(pairing.dialogues, said, strict=True)
    ]
    counts = RichnessCounts()
    for each in said:
        for turn in each:
            counts.add(turn)
    found = counts.figures()
    drawn = _drawn(said, seed)
    return RichnessScore(
        **msgspec.structs.asdict(found),
        turns=counts.turns,
        intervals={name: centred(drawn[:, number], getattr(found, name)) for number, name in enumerate(_WITH_INTERVAL)},
        rows=rows,
    )


def _drawn(said: Sequence[Sequence[list[str]]], seed: int) -> Floats:
    """The figures with an interval, of each draw of dialogues; shape [draws, 5]."""
    grams = [_grams(said, order) for order in (1, 2, 3)]
    head = np.array([grams[0].kinds[kind[:1]] for kind in grams[1].kinds], dtype=np.int64)

    def figures(weights: Floats) -> list[float]:
        counts = [np.bincount(gram.ids, weights[gram.dialogues], len(gram.kinds)) for gram in grams]
        unigrams, bigrams = counts[0], counts[1]
        total = unigrams.sum()
        if total == 0:
            return [0.0] * 5
        share = unigrams[unigrams > 0] / total
        seen = bigrams > 0
        given = bigrams[seen] / unigrams[head[seen]]
        entropy = -np.sum(share * np.log2(share))
        conditional = -np.sum(bigrams[seen] / total * np.log2(given))
        return [float(entropy), float(conditional), *(float(np.count_nonzero(count)) for count in counts)]

    return np.array([figures(weights) for piece in draws(len(said), seed=seed) for weights in piece])


def _grams(said: Sequence[Sequence[list[str]]], order: int) -> _Grams:
    known: dict[tuple[str, ...], int] = {}
    ids, dialogues = [], []
    for number, turns in enumerate(said):
        for turn in turns:
            for gram in zip(*(turn[start:] for start in range(order)), strict=False):
                ids.append(known.setdefault(gram, len(known)))
                dialogues.append(number)
    return _Grams(np.array(ids, dtype=np.int64), np.array(dialogues, dtype=np.int64), known)
