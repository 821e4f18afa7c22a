"""Actions for the system turns of a corpus that has none: the annotator of Algorithm 1 (ACT, Chen et al. 2025).

    duologue synthesize actions chats.jsonl --format messages --classifier model --model tiny --out runs/actions
    duologue synthesize contrast runs/actions/dialogues.jsonl --model tiny --out runs/pairs

What is made are the same conversations with the label `action` on every system turn that answers a user, so that
everything that needs gold actions takes predicted ones as well. With `--relabel` gold actions are replaced (the
ablation with pseudo-labels; `--classifier random` is the one with random actions).
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.actions import ACTION
from duologue.corpora.clarification_points import Instance
from duologue.dialogue import Dialogue, Turn
from duologue.models.failure import ModelFailure
from duologue.operators.clarifying.classifiers import CLASSIFIER, PROMPT, asks_model, classifier_of
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.items import WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Ask


class ActionsOptions(OperatorOptions):
    """Who names the actions."""

    classifier: str = "model"
    """`rule`, `random`, `model`, `probabilities`, a trained classifier's folder; several joined by commas vote."""
    relabel: bool = False
    """Name the actions of turns that have one, too."""
    answer_tokens: int = Field(default=8, ge=1)
    """Most tokens in one answer."""


def questions(item: WorkItem, options: ActionsOptions) -> int:
    """One a turn for each model that is asked."""
    return asks_model(options.classifier) * len(_to_label(item.dialogue, options))


async def actions(
    item: WorkItem, ask: Ask, options: ActionsOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Name the action of every system turn of a conversation."""
    dialogue = item.dialogue
    classifier = classifier_of(options.classifier, lambda _: ask)
    turns = [replace(turn, source=(dialogue.id, number)) for number, turn in enumerate(dialogue.turns)]
    for at in _to_label(dialogue, options):
        turn = turns[at]
        try:
            judged = await classifier.classify(turn.said, _state(dialogue, at))
        except RoleFault as fault:
            yield Rejected(f"{item.id}, turn {at}", fault.kind, fault.evidence)
        except ModelFailure as failure:
            if failure.fatal:
                raise
            yield Rejected.unanswered(f"{item.id}, turn {at}", failure)
        else:
            turns[at] = replace(turn, labels=turn.labels | {ACTION: [judged.action]})
    yield replace(dialogue, turns=turns, branches=[])


ACTIONS_OPERATOR = Operator(
    name="actions",
    run=actions,
    options=ActionsOptions,
    prompts=(PROMPT,),
    roles=(CLASSIFIER,),
    questions=questions,
    asked=lambda options: (CLASSIFIER,) if asks_model(options.classifier) else (),
)


def _to_label(dialogue: Dialogue, options: ActionsOptions) -> list[int]:
    """The system turns that answer a user and want an action."""
    turns = dialogue.turns

    def wants(turn: Turn) -> bool:
        return turn.speaker == "system" and (options.relabel or ACTION not in turn.labels)

    return [at for at in range(1, len(turns)) if turns[at - 1].speaker == "user" and wants(turns[at])]


def _state(dialogue: Dialogue, at: int) -> Instance:
    """A state as far as a classifier looks: it has no action and no goal yet."""
    turn = dialogue.turns[at]
    return Instance(f"{dialogue.id}-{at}", dialogue, at, "", turn, None, (), None, None, (turn,))
