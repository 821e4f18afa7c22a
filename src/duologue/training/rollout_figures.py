"""Figures of what a policy did: in training for the curve, on development states for the choice of the best weights.

tally = tallied(rows)                 # sums, which processes add up
figures(tally)["act/action_accuracy"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from duologue.corpora.actions import CLARIFY
from duologue.training.rollout_log import Rolled
from duologue.views.preference import Outcome, Reason

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REASONS: tuple[Reason, ...] = get_args(Reason)
_COUNTS = ("states", "samples", "judged", "right", "vague", "asked_vague", "clear", "asked_clear", "scored", "score")
NAMES = (*_COUNTS, "questions", *OUTCOMES, *REASONS)
"""What is summed, in the order of a tally."""


def tallied(rows: Sequence[Rolled]) -> list[float]:
    """Sums over states, one for each of `NAMES`."""
    sums: dict[str, float] = dict.fromkeys(NAMES, 0.0)
    for row in rows:
        sums["states"] += 1
        sums[row.outcome] += 1
        for reason in row.reasons:
            sums[reason] += 1
        for rollout in row.rollouts:
            sums["samples"] += 1
            if rollout.failures or not rollout.actions:
                continue
            asked = rollout.actions[0] == CLARIFY
            kind = "vague" if row.action == CLARIFY else "clear"
            sums["judged"] += 1
            sums["right"] += rollout.actions[0] == row.action
            sums[kind] += 1
            sums[f"asked_{kind}"] += asked
            sums["questions"] += rollout.questions
            if rollout.score is not None:
                sums["scored"] += 1
                sums["score"] += rollout.score
    return [sums[name] for name in NAMES]


def retokenised(rows: Sequence[Rolled], tokenizer: Any) -> tuple[int, int]:
    """Of the ended replies, those whose text has another number of tokens than was sampled, and how many there are.

    A reply is trained on as text (`views.preference_tokens`): in such a case the loss is that of another tokenisation
    than the policy wrote.
    """
    replies = [
        (turn.content, sampled)
        for row in rows
        for rollout in row.rollouts
        for number, (turn, sampled) in enumerate(zip(rollout.turns[::2], rollout.tokens_by_turn, strict=False))
        if number not in rollout.cut
    ]
    texts = tokenizer([text for text, _ in replies], add_special_tokens=False)["input_ids"] if replies else []
    return sum(len(ids) + 1 != sampled for ids, (_, sampled) in zip(texts, replies, strict=True)), len(replies)


def figures(tally: Sequence[float]) -> Mapping[str, float]:
    """Rates, a name each as the curve shows it; a rate of nothing is left out.

    Of states: what became of them and why. Of samples that were judged: how many took the gold action, how many asked
    where the gold turn asks (`vague`) and where it answers (`clear`), questions; of those with an answer, their score.
    """
    sums = dict(zip(NAMES, tally, strict=True))
    told: dict[str, tuple[str, str]] = {
        "action_accuracy": ("right", "judged"),
        "asked_when_vague": ("asked_vague", "vague"),
        "asked_when_clear": ("asked_clear", "clear"),
        "score": ("score", "scored"),
        "questions": ("questions", "judged"),
    }
    told |= {outcome: (outcome, "states") for outcome in OUTCOMES}
    told |= {reason.replace(" ", "_"): (reason, "samples") for reason in REASONS}
    return {f"act/{name}": sums[part] / sums[whole] for name, (part, whole) in told.items() if sums[whole]}
