"""Grown conversations beside a reference corpus: the same figures of both, and their difference.

    comparison = compare_corpora(dialogues, reference, embedder)
    comparison.diversity["distinct_2"].difference

Diversity depends on how much text there is, so both are cut: whole conversations, drawn by the seed, up to as many
words (after the first message) as the smaller one has, with samples of the same size for self-BLEU and the spread.
Turn-taking is over all conversations. Differences are ours minus the reference's, with intervals from independent
draws of both.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from duologue.dialogue import Dialogue
from duologue.evaluation.bootstrap import Difference, Figure
from duologue.evaluation.diversity import COMPARED, EMBEDDED, DiversityScore, measure_diversity
from duologue.evaluation.estimate import Estimate, difference
from duologue.evaluation.grown import by_id, grown_turns
from duologue.evaluation.turn_taking import LIMIT, TurnTakingScore, measure_turn_taking
from duologue.measures.embeddings import Embedder
from duologue.measures.words import words


class Compared(msgspec.Struct, frozen=True):
    """One figure of both corpora, and ours minus the reference's."""

    ours: Figure
    reference: Figure
    difference: Difference


class Comparison(msgspec.Struct, frozen=True):
    """Both corpora side by side.

    Attributes:
        diversity: figures on texts of the same size.
        turn_taking: figures on all conversations.
        our_diversity: of the cut conversations.
        reference_diversity: the same.
        reference_turn_taking: of the whole reference corpus.
    """

    diversity: dict[str, Compared]
    turn_taking: dict[str, Compared]
    our_diversity: DiversityScore
    reference_diversity: DiversityScore
    reference_turn_taking: TurnTakingScore


def compare_corpora(
    dialogues: Iterable[Dialogue],
    reference: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    limit: int = LIMIT,
    seed: int = 0,
) -> Comparison:
    """Compare.

    Args:
        dialogues: ours; conversations of one message have no part in diversity.
        reference: the other corpus.
        embedder: the packaged MiniLM by default.
        limit: most characters of a message.
        seed: of the cut, the samples and the bootstrap; the reference is drawn with the next one.

    Raises:
        MissingExtra: sentence-transformers or datasketch is not installed.
    """
    embedder = embedder or Embedder()
    ours, theirs = by_id(dialogues), by_id(reference)
    most = min(sum(map(_size, ours)), sum(map(_size, theirs)))
    our_cut, their_cut = _cut(ours, most, seed), _cut(theirs, most, seed)
    fewest = min(len(our_cut), len(their_cut))
    compared, embedded = min(COMPARED, fewest), min(EMBEDDED, fewest)
    mine = measure_diversity(our_cut, embedder, compared=compared, embedded=embedded, seed=seed)
    other = measure_diversity(their_cut, embedder, compared=compared, embedded=embedded, seed=seed + 1)
    my_turns = measure_turn_taking(ours, limit=limit, seed=seed)
    other_turns = measure_turn_taking(theirs, limit=limit, seed=seed + 1)
    return Comparison(
        diversity=_beside(mine.estimates, other.estimates),
        turn_taking=_beside(my_turns.estimates, other_turns.estimates),
        our_diversity=mine.score,
        reference_diversity=other.score,
        reference_turn_taking=other_turns.score,
    )


def _beside(ours: Mapping[str, Estimate], theirs: Mapping[str, Estimate]) -> dict[str, Compared]:
    return {
        name: Compared(ours[name].figure(), theirs[name].figure(), difference(ours[name], theirs[name]))
        for name in ours
    }


def _cut(dialogues: Sequence[Dialogue], most: int, seed: int) -> list[Dialogue]:
    """Whole conversations in an order drawn by the seed, until the next one would not fit; at least one."""
    drawn = [each for each in dialogues if len(each.turns) > 1]
    if sum(map(_size, drawn)) <= most:
        return drawn
    random.Random(f"cut:{seed}").shuffle(drawn)
    kept, total = drawn[:1], 0
    for at, dialogue in enumerate(drawn):
        total += _size(dialogue)
        if total > most:
            break
        kept = drawn[: at + 1]
    return kept


def _size(dialogue: Dialogue) -> int:
    return sum(len(words(turn.said)) for turn in grown_turns(dialogue))
