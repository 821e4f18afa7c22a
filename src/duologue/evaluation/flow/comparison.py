"""Two corpora in the same clusters: shares side by side, the transitions that differ most, one divergence.

    found = compare(ours, reference, clusters)      # Clustered, both
    found.divergence["transitions"].value

The clusters must have been found on both corpora together. Found on one alone they would fit that one better, and two
samples of one population would seem to differ; found on both, they do not know which dialogue is whose, so dealing the
dialogues out anew (the permutation test of `divergence`) is fair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from duologue.corpora.children import corpus_id
from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.corpus_comparison import Compared
from duologue.evaluation.estimate import Estimate, difference
from duologue.evaluation.flow.divergence import PERMUTATIONS, Divergence, contributions, divergence
from duologue.evaluation.flow.events import Events
from duologue.evaluation.flow.transitions import BEGIN, END, conditional, square

SHOWN = 12
_NOTHING = 1e-12


class Clustered(NamedTuple):
    """A corpus in clusters.

    Attributes:
        visits: an event per utterance, whose kind is its cluster, from 0.
        steps: an event per step, from `transitions.steps_of`.
    """

    visits: Events
    steps: Events


class TransitionDifference(msgspec.Struct, frozen=True):
    """A transition of both corpora.

    Attributes:
        source: `BEGIN` or a cluster's number, from 1.
        target: a cluster's number or `END`.
        bits: what it adds to the divergence of transitions as observed.
        probability: of the target after the source in both, and the difference, in percent.
    """

    source: str
    target: str
    bits: float
    probability: Compared


class FlowComparison(msgspec.Struct, frozen=True):
    """Ours beside the reference corpus; differences are ours minus the reference's.

    Attributes:
        paired: the corpora hold the same dialogues, before and after something.
        divergence: `transitions` (of the joint distribution of source and target, beginnings and ends included) and
            `shares` (of clusters).
        shares: of the clusters, in percent of the utterances; keys are numbers from 1.
        transitions: the ones that add most to the divergence of transitions.
    """

    paired: bool
    divergence: dict[str, Divergence]
    shares: dict[str, Compared]
    transitions: list[TransitionDifference]


class Pairs(NamedTuple):
    """The same dialogues of two corpora, in the same order."""

    ours: list[Dialogue]
    reference: list[Dialogue]


def pairs(ours: Iterable[Dialogue], reference: Iterable[Dialogue]) -> Pairs:
    """The dialogues that both corpora have, in the same order: those with the same id in the corpus they come from.

    Raises:
        InputError: there are none, or two of one corpus come from one dialogue.
    """
    known = [_by_corpus_id(ours, "ours"), _by_corpus_id(reference, "the reference")]
    common = sorted(known[0].keys() & known[1].keys())
    if not common:
        raise InputError(
            "the two corpora have no dialogue in common",
            mend="pairs are told by id: compare a corpus with what an operator made of it, or leave --paired out",
        )
    return Pairs([known[0][name] for name in common], [known[1][name] for name in common])


def compare(
    ours: Clustered, reference: Clustered, *, paired: bool = False, permutations: int = PERMUTATIONS, seed: int = 0
) -> FlowComparison:
    """Compare.

    Args:
        ours: in clusters that were found on both corpora.
        reference: in the same clusters; where `paired`, with the same dialogues in the same order.
        paired: both hold the same dialogues, before and after.
        permutations: how often dialogues are dealt out.
        seed: of dealing and drawing; unpaired, the reference is drawn with the next one.
    """
    other = seed if paired else seed + 1
    clusters = ours.visits.kinds
    shares = [_shares(ours.visits, seed), _shares(reference.visits, other)]
    chances = [_probabilities(ours.steps, seed), _probabilities(reference.steps, other)]
    bits = contributions(ours.steps.totals(), reference.steps.totals())
    most = [int(kind) for kind in np.lexsort((np.arange(len(bits)), -bits))[:SHOWN] if bits[kind] > _NOTHING]
    return FlowComparison(
        paired=paired,
        divergence={
            "transitions": divergence(ours.steps, reference.steps, paired=paired, permutations=permutations, seed=seed),
            "shares": divergence(ours.visits, reference.visits, paired=paired, permutations=permutations, seed=seed),
        },
        shares={str(at + 1): _compared(shares[0][at], shares[1][at]) for at in range(clusters)},
        transitions=[
            TransitionDifference(
                source=_row(kind // (clusters + 1)),
                target=_column(kind % (clusters + 1), clusters),
                bits=float(bits[kind]),
                probability=_compared(chances[0][kind], chances[1][kind]),
            )
            for kind in most
        ],
    )


def _by_corpus_id(dialogues: Iterable[Dialogue], whose: str) -> dict[str, Dialogue]:
    found: dict[str, Dialogue] = {}
    for dialogue in dialogues:
        name = corpus_id(dialogue)
        if name in found:
            raise InputError(
                f"two dialogues of {whose} come from one: {found[name].id} and {dialogue.id}",
                mend="give one draw of each dialogue, or leave --paired out",
            )
        found[name] = dialogue
    return found


def _compared(ours: Estimate, reference: Estimate) -> Compared:
    return Compared(ours.figure(), reference.figure(), difference(ours, reference))


def _shares(visits: Events, seed: int) -> list[Estimate]:
    return _estimates(visits.totals(), visits.drawn(seed), _percent)


def _probabilities(steps: Events, seed: int) -> list[Estimate]:
    return _estimates(steps.totals(), steps.drawn(seed), _percent_of_row)


def _estimates(totals: Floats, drawn: Floats, figure: Callable[[Floats], Floats]) -> list[Estimate]:
    values, spread = figure(totals), figure(drawn)
    return [Estimate(float(values[kind]), spread[:, kind]) for kind in range(len(values))]


def _percent(totals: Floats) -> Floats:
    shares: Floats = 100 * totals / totals.sum(axis=-1, keepdims=True)
    return shares


def _percent_of_row(totals: Floats) -> Floats:
    return 100 * conditional(square(totals)).reshape(totals.shape)


def _row(at: int) -> str:
    return BEGIN if at == 0 else str(at)


def _column(at: int, clusters: int) -> str:
    return END if at == clusters else str(at + 1)
