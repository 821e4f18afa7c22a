"""The figures by which ACT's best weights are chosen: conversations from development states, played to their end.

    evaluation = trajectory_evaluation(pairs, roll, on="val.jsonl, first 40")
    train_act(..., evaluation=evaluation, options=ACTOptions(best_metric="trajectory_score", eval_steps=20))

The loss on fixed pairs says little about the goal. `roll` is greedy here, and its helpers may be others than those of
the training, or what is chosen is what pleases these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duologue.corpora.actions import ACTIONS, ANSWER, CLARIFY
from duologue.errors import InputError
from duologue.measures.classification import classification_score
from duologue.operators.clarifying.rollouts import EMPTY, POLICY
from duologue.training.act import Roll
from duologue.training.evaluation import DialogueEvaluation, Evaluated, Sample
from duologue.views.preference import Pair, Rollout

METRICS = (
    *("action_macro_f1", "action_accuracy", "asked_when_vague", "asked_when_clear"),
    *("trajectory_score", "failed"),
)
"""In percent: macro F1 and accuracy of the first action; how often it asked where the gold turn asks, and where it
answers; mean score of the final answers over all states (none is 0); conversations that a helper spoilt, which count
nowhere else. A policy that says nothing has answered, wrongly."""
_SAMPLES = 2
_SILENT = f"{POLICY}: {EMPTY}"


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
    judged = [
        (pair, each.actions[0] if each.actions else ANSWER, each.score or 0.0)
        for pair, each in zip(pairs, rollouts, strict=True)
        if each.failures in ((), (_SILENT,))
    ]
    told = {"failed": 100 * (1 - len(judged) / len(pairs))}
    if not judged:
        return dict.fromkeys(METRICS, 0.0) | told
    score = classification_score([pair.action for pair, *_ in judged], [done for _, done, _ in judged], [*ACTIONS])

    def asked(gold: str) -> float:
        own = [done == CLARIFY for pair, done, _ in judged if pair.action == gold]
        return 100 * sum(own) / len(own) if own else 0.0

    return told | {
        "action_macro_f1": score.macro_f1,
        "action_accuracy": score.accuracy,
        "asked_when_vague": asked(CLARIFY),
        "asked_when_clear": asked(ANSWER),
        "trajectory_score": 100 * sum(worth for *_, worth in judged) / len(judged),
    }


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
