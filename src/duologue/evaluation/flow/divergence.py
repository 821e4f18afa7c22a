"""How far apart two corpora are: the Jensen-Shannon divergence of what happens in them, against chance.

    found = divergence(steps, reference_steps)
    found.value, found.interval, found.p

JS(P, Q) = H((P + Q) / 2) - H(P) / 2 - H(Q) / 2 in bits (Lin 1991, equation 4.1 with equal weights): 0 for the same
distribution, 1 for two that have nothing in common. Estimated from counts it is too high, the more so the smaller the
corpora are: two halves of one corpus are apart, too. So dialogues are dealt out anew between the two corpora, many
times: the mean of those divergences is what chance makes of corpora of these sizes, and is taken off; the share of them
that reach the observed one is the p-value of a permutation test. The interval is the spread of bootstrap draws of
dialogues around the corrected value, cut at 0.

Where the corpora hold the same dialogues before and after something (`paired`), each dialogue is dealt out with its
counterpart and drawn together with it.
"""

from __future__ import annotations

import msgspec
import numpy as np

from duologue.evaluation.bootstrap import Floats, Interval, centred
from duologue.evaluation.flow.events import Events

PERMUTATIONS = 1000
_ROUNDING = 1e-12


class Divergence(msgspec.Struct, frozen=True):
    """The divergence of two corpora, in bits, 0 to 1.

    Attributes:
        observed: of the counts as they are.
        chance: the mean over dealings of the dialogues.
        value: observed less chance, at least 0.
        interval: of the value, at 95 %.
        p: how often a dealing is as far apart as the corpora are; dealings count one more, the observed one.
        permutations: how many dealings there were.
    """

    observed: float
    chance: float
    value: float
    interval: Interval
    p: float
    permutations: int


def jensen_shannon(ours: Floats, reference: Floats) -> Floats:
    """The divergence of two distributions that are given as counts, in bits; shapes [..., kinds] -> [...]."""
    bits: Floats = contributions(ours, reference).sum(axis=-1)
    return bits


def contributions(ours: Floats, reference: Floats) -> Floats:
    """What each kind adds to the divergence, in bits, never below 0; shapes [..., kinds] -> [..., kinds]."""
    p, q = (counts / counts.sum(axis=-1, keepdims=True) for counts in (ours, reference))
    middle = (p + q) / 2
    return (_against(p, middle) + _against(q, middle)) / 2


def divergence(
    ours: Events,
    reference: Events,
    *,
    paired: bool = False,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Divergence:
    """Compare two corpora.

    Args:
        ours: events of the same kinds as those of the other corpus.
        reference: the other corpus; where `paired`, with the same dialogues in the same order.
        paired: both hold the same dialogues, before and after.
        permutations: how often dialogues are dealt out, at least 1.
        seed: of dealing and drawing.
    """
    observed = float(jensen_shannon(ours.totals(), reference.totals()))
    dealt = _dealt(ours, reference, paired, permutations, seed)
    chance = float(dealt.mean())
    drawn = jensen_shannon(ours.drawn(seed), reference.drawn(seed if paired else seed + 1))
    around = centred(drawn, observed - chance)
    return Divergence(
        observed=observed,
        chance=chance,
        value=max(0.0, observed - chance),
        interval=Interval(max(0.0, around.low), max(0.0, around.high)),
        p=(1 + int(np.sum(dealt >= observed - _ROUNDING))) / (1 + permutations),
        permutations=permutations,
    )


def _dealt(ours: Events, reference: Events, paired: bool, permutations: int, seed: int) -> Floats:
    """The divergence of each dealing; shape [permutations]."""
    rng = np.random.default_rng(seed)
    both = ours.beside(reference)
    whole = both.totals()
    is_ours = np.repeat([1.0, 0.0], [ours.dialogues, reference.dialogues])
    found = np.empty(permutations)
    for number in range(permutations):
        if paired:
            stays = rng.integers(0, 2, ours.dialogues).astype(np.float64)
            dealt = np.concatenate([stays, 1 - stays])
        else:
            dealt = rng.permutation(is_ours)
        first = both.totals(dealt)
        found[number] = jensen_shannon(first, whole - first)
    return found


def _against(p: Floats, middle: Floats) -> Floats:
    """The terms p log2(p / middle), 0 where p is."""
    ratio = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    return p * np.log2(ratio)
