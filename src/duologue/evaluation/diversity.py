"""Diversity: do conversations differ from one another, in words and in meaning?

    score = score_diversity(dialogues)
    score.figures["distinct_2"], score.figures["self_bleu"], score.figures["embedding_spread"]

Over what was grown, i.e. the messages after the first; that one is the seed and differs anyway. All figures but
`self_bleu`, `near_duplicates` and `embedding_spread` depend on how much text there is: `corpus_comparison` cuts two
corpora to the same size.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from duologue.dialogue import Dialogue
from duologue.evaluation.bootstrap import Figure, draws
from duologue.evaluation.distinct import distinct, ngrams
from duologue.evaluation.estimate import NOTHING, Estimate, mean, share
from duologue.evaluation.grown import by_id, grown_turns
from duologue.evaluation.self_bleu import self_bleu
from duologue.measures.embeddings import Embedder
from duologue.measures.near_duplicates import NearDuplicates
from duologue.measures.words import normalised, words

COMPARED, EMBEDDED = 50, 200
SIMILAR = 0.8
_ORDERS = (1, 2, 3)


class DiversityRow(msgspec.Struct, frozen=True):
    """One conversation.

    Attributes:
        id: the conversation's.
        same_as: an earlier one (in order of id) with the same messages, case and punctuation aside.
        near_duplicate_of: an earlier one that it nearly repeats.
        similarity: to that one, Jaccard index of word pairs.
        self_bleu: against the others of the sample; None outside it.
    """

    id: str
    same_as: str | None
    near_duplicate_of: str | None
    similarity: float | None
    self_bleu: float | None


class DiversityScore(msgspec.Struct, frozen=True):
    """How varied conversations are.

    Attributes:
        conversations: that have messages after the first; others are left out.
        messages: of these, without the first ones.
        words: in these messages.
        compared: size of the sample of conversations over which self-BLEU is taken.
        embedded: size of the sample over which the embedding spread is taken.
        model: the embedding model.
        figures: `distinct_1`, `distinct_2`, `distinct_3`, `distinct_messages`, `distinct_conversations`,
            `near_duplicates` (percent); `self_bleu` (0 to 100); `embedding_spread` (mean cosine distance of two
            conversations, 0 to 2, of what the model reads: MiniLM their first 256 tokens).
        rows: one per conversation, in order of id.
    """

    conversations: int
    messages: int
    words: int
    compared: int
    embedded: int
    model: str
    figures: dict[str, Figure]
    rows: list[DiversityRow]


class MeasuredDiversity(NamedTuple):
    """A score, and the estimates that its figures come from."""

    score: DiversityScore
    estimates: dict[str, Estimate]


def score_diversity(
    dialogues: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    compared: int = COMPARED,
    embedded: int = EMBEDDED,
    seed: int = 0,
) -> DiversityScore:
    """Score; see `measure_diversity`."""
    return measure_diversity(dialogues, embedder, compared=compared, embedded=embedded, seed=seed).score


def measure_diversity(
    dialogues: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    compared: int = COMPARED,
    embedded: int = EMBEDDED,
    seed: int = 0,
) -> MeasuredDiversity:
    """Measure.

    Args:
        dialogues: conversations.
        embedder: the packaged MiniLM by default.
        compared: most conversations for self-BLEU, whose cost grows with their square.
        embedded: most conversations for the embedding spread.
        seed: of both samples and of the bootstrap.

    Raises:
        MissingExtra: sentence-transformers or datasketch is not installed.
    """
    embedder = embedder or Embedder()
    own = [_Grown.of(dialogue) for dialogue in by_id(dialogues) if len(dialogue.turns) > 1]
    blue, spread = _sample(own, compared, f"bleu:{seed}"), _sample(own, embedded, f"spread:{seed}")
    bleu = dict(zip((each.id for each in blue), self_bleu([each.text for each in blue]), strict=False))
    rows = _rows(own, bleu)
    near = [row.near_duplicate_of is not None for row in rows]
    estimates = {f"distinct_{n}": distinct([ngrams(each.words, n) for each in own], seed=seed) for n in _ORDERS}
    estimates |= {
        "distinct_messages": distinct([each.messages for each in own], seed=seed),
        "distinct_conversations": distinct([[each.messages] for each in own], seed=seed),
        "near_duplicates": share(near, np.ones(len(near)), seed=seed) if near else NOTHING,
        "self_bleu": mean(list(bleu.values()), np.ones(len(bleu)), seed=seed) if bleu else NOTHING,
        "embedding_spread": _spread([each.text for each in spread], embedder, seed),
    }
    score = DiversityScore(
        conversations=len(own),
        messages=sum(len(each.messages) for each in own),
        words=sum(len(said) for each in own for said in each.words),
        compared=len(bleu),
        embedded=len(spread),
        model=embedder.model,
        figures={name: found.figure() for name, found in estimates.items()},
        rows=rows,
    )
    return MeasuredDiversity(score, estimates)


class _Grown(NamedTuple):
    id: str
    text: str
    messages: tuple[str, ...]
    words: list[list[str]]

    @classmethod
    def of(cls, dialogue: Dialogue) -> _Grown:
        said = [turn.said for turn in grown_turns(dialogue)]
        return cls(dialogue.id, "\n".join(said), tuple(map(normalised, said)), [words(each) for each in said])


def _sample(own: Sequence[_Grown], size: int, seed: str) -> Sequence[_Grown]:
    return own if len(own) <= size else random.Random(seed).sample(own, size)


def _rows(own: Sequence[_Grown], bleu: dict[str, float]) -> list[DiversityRow]:
    first: dict[tuple[str, ...], str] = {}
    near = NearDuplicates(SIMILAR, "words")
    rows = []
    for each in own:
        same = first.setdefault(each.messages, each.id)
        repeats = near.add(each.id, each.text)
        rows.append(
            DiversityRow(
                id=each.id,
                same_as=None if same == each.id else same,
                near_duplicate_of=repeats.id if repeats else None,
                similarity=repeats.similarity if repeats else None,
                self_bleu=bleu.get(each.id),
            )
        )
    return rows


def _spread(texts: Sequence[str], embedder: Embedder, seed: int) -> Estimate:
    """Mean cosine distance over pairs of different texts: from the length of the sum of their unit vectors."""
    if len(texts) < 2:
        return NOTHING
    vectors = embedder.embed(texts).astype(np.float64)
    drawn = []
    for counts in draws(len(texts), seed=seed):
        twice = (counts**2).sum(axis=1)  # a text drawn several times is no pair with itself
        pairs = len(texts) ** 2 - twice
        near = ((counts @ vectors) ** 2).sum(axis=1) - twice
        drawn.append(1 - np.divide(near, pairs, out=np.full(len(pairs), math.nan), where=pairs > 0))
    total = (vectors.sum(axis=0) ** 2).sum()
    value = 1 - (total - len(texts)) / (len(texts) * (len(texts) - 1))
    return Estimate(float(value), np.concatenate(drawn))
