"""Richness of the responses: entropy, conditional bigram entropy (CBE), distinct n-grams, lengths (spec/tod.md §5.6).

    score_richness(pair(predictions, references)).conditional_entropy

Higher means more varied language; it says nothing about whether the language is right. Distinct counts grow with the
number of turns, so compare systems on the same dialogues only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats, Interval, centred, draws
from duologue.evaluation.pairing import Pairing
from duologue.measures.words import words

_SEGMENT = 50


class RichnessRow(msgspec.Struct, frozen=True):
    """One dialogue: its turns, the words of its responses, the turns without a word."""

    id: str
    turns: int
    words: int
    empty: list[int]


class RichnessScore(msgspec.Struct, frozen=True):
    """Richness over all responses.

    Attributes:
        entropy: of words, in bits.
        conditional_entropy: CBE, of a word given the one before it within a turn, in bits.
        mean_length: words per turn.
        msttr: mean share of distinct words in segments of 50 words.
        unigrams: distinct words.
        bigrams: distinct pairs within a turn.
        trigrams: distinct triples within a turn.
        turns: number of responses.
        intervals: of the first two and the three counts, from the spread over dialogues.
        rows: per dialogue.
    """

    entropy: float
    conditional_entropy: float
    mean_length: float
    msttr: float
    unigrams: int
    bigrams: int
    trigrams: int
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
    turns = [turn for each in said for turn in each]
    estimate, drawn = _figures(said, seed)
    return RichnessScore(
        entropy=float(estimate[0]),
        conditional_entropy=float(estimate[1]),
        mean_length=sum(map(len, turns)) / len(turns) if turns else 0.0,
        msttr=_msttr([word for turn in turns for word in turn]),
        unigrams=int(estimate[2]),
        bigrams=int(estimate[3]),
        trigrams=int(estimate[4]),
        turns=len(turns),
        intervals={
            name: centred(drawn[:, number], float(estimate[number]))
            for number, name in enumerate(("entropy", "conditional_entropy", "unigrams", "bigrams", "trigrams"))
        },
        rows=rows,
    )


def _figures(said: Sequence[Sequence[list[str]]], seed: int) -> tuple[Floats, Floats]:
    """Entropy, CBE and the three distinct counts: of all dialogues, and of each draw (shape [draws, 5])."""
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

    drawn = [figures(weights) for piece in draws(len(said), seed=seed) for weights in piece]
    return np.array(figures(np.ones(len(said)))), np.array(drawn)


def _grams(said: Sequence[Sequence[list[str]]], order: int) -> _Grams:
    known: dict[tuple[str, ...], int] = {}
    ids, dialogues = [], []
    for number, turns in enumerate(said):
        for turn in turns:
            for gram in zip(*(turn[start:] for start in range(order)), strict=False):
                ids.append(known.setdefault(gram, len(known)))
                dialogues.append(number)
    return _Grams(np.array(ids, dtype=np.int64), np.array(dialogues, dtype=np.int64), known)


def _msttr(every: list[str]) -> float:
    """Mean segmental type-token ratio; what is left after the last whole segment is not counted."""
    whole = range(0, len(every) - _SEGMENT + 1, _SEGMENT)
    if not whole:
        return len(set(every)) / len(every) if every else 0.0
    return float(np.mean([len(set(every[start : start + _SEGMENT])) / _SEGMENT for start in whole]))
