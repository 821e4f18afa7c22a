"""Actions for the system turns of a corpus that has none: the annotator of Algorithm 1 (ACT, Chen et al. 2025).

    duologue synthesize actions chats.jsonl --format messages --classifier model --model tiny --out runs/actions
    duologue synthesize contrast runs/actions/dialogues.jsonl --model tiny --out runs/pairs

What is made are the same conversations with the label `action` on every system turn that answers a user, so that
everything that needs gold actions takes predicted ones as well. With `--relabel` gold actions are replaced, and where
the classifier fails there is none; `contrast --actions predicted` does the same on the way to pairs.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

from msgspec.structs import replace
from pydantic import Field

from duologue.dialogue import Dialogue
from duologue.operators.clarifying.annotate import annotate, to_name
from duologue.operators.clarifying.classifiers import CLASSIFIER, PROMPT, asks_model, classifier_of
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
    return asks_model(options.classifier) * len(to_name(item.dialogue, relabel=options.relabel))


async def actions(
    item: WorkItem, ask: Ask, options: ActionsOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Name the action of every system turn of a conversation."""
    classifier = classifier_of(options.classifier, lambda _: ask)
    named = await annotate(item.dialogue, classifier, relabel=options.relabel, name=item.id)
    for each in named.rejected:
        yield each
    turns = [replace(turn, source=(item.dialogue.id, number)) for number, turn in enumerate(named.dialogue.turns)]
    yield replace(named.dialogue, turns=turns, branches=[])


ACTIONS_OPERATOR = Operator(
    name="actions",
    run=actions,
    options=ActionsOptions,
    prompts=(PROMPT,),
    roles=(CLASSIFIER,),
    questions=questions,
    asked=lambda options: (CLASSIFIER,) if asks_model(options.classifier) else (),
)
