"""The paper's claim and whether our figures support it: computed, never written by hand.

The claim has three parts, each tested by a paired bootstrap over the same test dialogues:

1. asked about interference data, the system trained on it acknowledges the backstory more than the one trained on
   clean dialogues (difference of similarity to the backstory), and its own backstory more than another's;
2. it keeps task performance: its joint goal accuracy is no more than a margin below the reference (clean training,
   clean dialogues);
3. the system trained on clean dialogues degrades on interference data (its joint goal accuracy falls below the
   reference; contradicted when even the lower end of the interval loses less than a point).

A part is supported when the whole 95 % interval lies on the claim's side, contradicted when it lies wholly on the
other, open otherwise. The claim is supported when all parts are, contradicted when one is, else not decided at this
scale; so it is, too, when the reference has hardly learnt the task, for then nothing can be kept or lost, and when
there are too few dialogues to draw from.
"""

from __future__ import annotations

import msgspec

from duologue.evaluation.bootstrap import Difference
from duologue.experiments.claims import Answer, answer_above, with_interval

CLAIM = (
    "Training on interference makes a system resilient: on interference data it acknowledges the backstory and keeps "
    "task performance, while a system trained on clean dialogues degrades."
)

_CHANCE = 50.0
_NO_LOSS = 1.0
"""Points of joint goal accuracy: when even the lower end of the interval loses less, nothing degrades."""


class Evidence(msgspec.Struct, frozen=True):
    """What the verdict rests on.

    Attributes:
        dialogues: test dialogues that the reference answered.
        reference: joint goal accuracy of clean training on clean dialogues, in points.
        acknowledges: similarity to the backstory, trained on interference minus trained clean.
        own_first_low: lower end of how often its reply is nearer to its own backstory than to another's (50 is chance).
        keeps: joint goal accuracy, trained on interference minus the reference.
        degrades: joint goal accuracy on interference data, trained clean minus the reference.
    """

    dialogues: int
    reference: float
    acknowledges: Difference | None
    own_first_low: float | None
    keeps: Difference
    degrades: Difference


class Part(msgspec.Struct, frozen=True):
    """A part of the claim: what it says, what was measured, and the answer."""

    says: str
    measured: str
    answer: Answer


class Verdict(msgspec.Struct, frozen=True):
    """The claim's verdict, its reason in one sentence, and its parts."""

    claim: str
    verdict: Answer
    reason: str
    parts: list[Part]


def judge(evidence: Evidence, *, margin: float = 5.0, floor: float = 10.0, least: int = 10) -> Verdict:
    """Judge the claim.

    Args:
        evidence: the figures.
        margin: points of joint goal accuracy that count as kept.
        floor: joint goal accuracy the reference must reach for the claim to be judged at all.
        least: test dialogues that a bootstrap over dialogues needs.
    """
    parts = [_acknowledges(evidence), _keeps(evidence, margin), _degrades(evidence)]
    if evidence.dialogues < least:  # draws of a few dialogues are all alike, so their intervals say nothing
        parts = [msgspec.structs.replace(part, answer="not at this scale") for part in parts]
    elif evidence.reference < floor:  # where nothing was learnt, nothing is kept and nothing lost
        parts[1:] = [msgspec.structs.replace(part, answer="not at this scale") for part in parts[1:]]
    answers = {part.answer for part in parts}
    verdict: Answer
    if evidence.dialogues < least:
        verdict = "not at this scale"
        reason = f"Only {evidence.dialogues} test dialogues were answered; intervals need at least {least}."
    elif evidence.reference < floor:
        verdict = "not at this scale"
        reason = (
            f"The reference system reaches {evidence.reference:.1f} % joint goal accuracy, less than the {floor:g} % "
            "from which the claim can be judged."
        )
    elif "contradicted" in answers:
        verdict = "contradicted"
        reason = f"Contradicted: that {_list(parts, 'contradicted')}."
    elif answers == {"supported"}:
        verdict, reason = "supported", "All three parts hold with 95 % of the paired draws on their side."
    else:
        verdict = "not at this scale"
        reason = f"The figures leave open whether {_list(parts, 'not at this scale')}."
    return Verdict(CLAIM, verdict, reason, parts)


def _acknowledges(evidence: Evidence) -> Part:
    says = "the system trained on interference acknowledges the backstory more than the one trained on clean dialogues"
    found = evidence.acknowledges
    if found is None:
        return Part(says, "no augmented turn was answered", "not at this scale")
    measured = f"similarity to the backstory {_told(found, 3)}"
    answer = answer_above(found.interval)
    if evidence.own_first_low is not None:
        measured += f"; nearer to its own backstory than to another's in at least {evidence.own_first_low:.0f} %"
        if answer == "supported" and evidence.own_first_low <= _CHANCE:
            answer = "not at this scale"  # kind words that would fit any backstory acknowledge none
    return Part(says, measured, answer)


def _keeps(evidence: Evidence, margin: float) -> Part:
    says = f"the system trained on interference keeps task performance (at most {margin:g} points of JGA lost)"
    return Part(
        says, f"joint goal accuracy {_told(evidence.keeps, 1)} points", answer_above(evidence.keeps.interval, -margin)
    )


def _degrades(evidence: Evidence) -> Part:
    says = "the system trained on clean dialogues degrades on interference data"
    answer: Answer = "not at this scale"
    if evidence.degrades.interval.high < 0:
        answer = "supported"
    elif evidence.degrades.interval.low > -_NO_LOSS:
        answer = "contradicted"
    return Part(says, f"joint goal accuracy {_told(evidence.degrades, 1)} points", answer)


def _told(found: Difference, digits: int) -> str:
    return with_interval(found.difference, found.interval, digits)


def _list(parts: list[Part], answer: Answer) -> str:
    return "; ".join(part.says for part in parts if part.answer == answer)
