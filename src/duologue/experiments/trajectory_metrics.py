"""The figures by which ACT's best weights are chosen: conversations from development states, played to their end.

    evaluation = trajectory_evaluation(pairs, roll, on="val.jsonl, first 40")
    train_act(..., evaluation=evaluation, options=ACTOptions(best_metric="trajectory_score", eval_steps=20))

The loss on fixed pairs says little about the goal. `roll` is greedy here, and its helpers may be others than those of
the training, or what is chosen is what pleases these.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from duologue.corpora.actions import ACTIONS, ANSWER, CLARIFY
from duologue.errors import InputError
from duologue.evaluation.clarify.score import NONE
from duologue.measures.classification import accuracy, confusion_matrix, macro_f1
from duologue.operators.clarifying.rollouts import SILENT
from duologue.training.evaluation import DialogueEvaluation, Evaluated, Sample
from duologue.views.preference import Pair, Roll, Rollout

METRICS = (
    *("action_macro_f1", "action_accuracy", "trajectory_score"),
    *("asked", "asked_when_vague", "asked_when_clear", "failed"),
)
"""In percent: macro F1 and accuracy of the first action; mean score of the final answers over states with a goal (no
answer is 0); states in which it asked, of all, of those where the gold turn asks, and where it answers; conversations
that a helper spoilt, whose outcomes do not count. A policy that says nothing did neither action and did not reach its
goal, as in `evaluate clarify`."""
_SAMPLES = 2


def trajectory_evaluation(pairs: Sequence[Pair], roll: Roll, *, on: str) -> DialogueEvaluation:
    """Make what a training takes as `evaluation`.

    Args:
        pairs: development states.
        roll: plays conversations.
        on: what the states are called in the record.

    Raises:
        InputError: there is no state.
    """
    if not pairs:
        raise InputError("there is no state to evaluate on", where=on, mend="give development pairs")

    def evaluate(model: Any, tokenizer: Any, step: int) -> Evaluated:
        played = [each[0] for each in roll(model, tokenizer, pairs, step)]
        return Evaluated(trajectory_figures(pairs, played), _samples(pairs, played))

    return DialogueEvaluation(evaluate, METRICS, on)


def trajectory_figures(pairs: Sequence[Pair], rollouts: Sequence[Rollout]) -> dict[str, float]:
    """The figures of one conversation from each state, in percent."""
    played = list(zip(pairs, rollouts, strict=True))
    did = [(pair.action, action) for pair, each in played if (action := _action(each)) is not None]
    spoilt = [bool(each.failures) and each.failures != (SILENT,) for each in rollouts]
    scores = [each.score or 0.0 for (pair, each), bad in zip(played, spoilt, strict=True) if pair.goal and not bad]
    told = dict.fromkeys(METRICS, 0.0) | {"failed": 100 * fmean(spoilt)}
    if did:
        golds, actions = zip(*did, strict=True)
        matrix = confusion_matrix(golds, actions, [*ACTIONS, NONE])[: len(ACTIONS)]
        told |= {"action_macro_f1": float(macro_f1(matrix)), "action_accuracy": float(accuracy(matrix))}
        told["asked"] = 100 * fmean(action == CLARIFY for _, action in did)
    for name, gold in (("asked_when_vague", CLARIFY), ("asked_when_clear", ANSWER)):
        if own := [action == CLARIFY for wanted, action in did if wanted == gold]:
            told[name] = 100 * fmean(own)
    if scores:
        told["trajectory_score"] = 100 * fmean(scores)
    return told


def _action(rollout: Rollout) -> str | None:
    """What the first reply did, nothing where there was none; None where nobody could say."""
    if rollout.actions:
        return rollout.actions[0]
    return NONE if rollout.failures == (SILENT,) else None


def _samples(pairs: Sequence[Pair], rollouts: Sequence[Rollout]) -> list[Sample]:
    """The first conversations, beside what the gold turn says."""
    return [
        {
            "dialogue": pair.id,
            "turns": [
                {
                    "user": pair.prompt[-1].content,
                    "response": "\n".join(f"{turn.role}: {turn.content}" for turn in rollout.turns),
                    "reference": pair.chosen[0].content,
                }
            ],
        }
        for pair, rollout in zip(pairs[:_SAMPLES], rollouts, strict=False)
    ]
