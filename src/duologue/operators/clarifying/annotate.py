"""Actions named by a classifier, for turns that have none or in the place of gold ones (ACT, Chen et al. 2025).

    named = await annotate(dialogue, RuleActions(), relabel=True, name="chat-7")
    named.dialogue.turns[1].labels["action"], named.rejected             # ["clarify"], []

This is the annotator G of Algorithm 1. With `relabel` the corpus's own actions are taken away first, so that none of
them is left where the classifier fails: pseudo-labels are then all there is.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from duologue.corpora.actions import ACTION
from duologue.corpora.clarification_points import Instance
from duologue.dialogue import Dialogue, Turn
from duologue.models.failure import ModelFailure
from duologue.operators.clarifying.classifiers import ActionClassifier
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.rejects import Rejected


class Annotated(NamedTuple):
    """A conversation with actions, and the turns that the classifier gave none."""

    dialogue: Dialogue
    rejected: list[Rejected]


def to_name(dialogue: Dialogue, *, relabel: bool) -> list[int]:
    """The system turns that answer a user and want an action: those without one, or all."""
    turns = dialogue.turns
    answering = [at for at in range(1, len(turns)) if (turns[at - 1].speaker, turns[at].speaker) == ("user", "system")]
    return [at for at in answering if relabel or ACTION not in turns[at].labels]


async def annotate(dialogue: Dialogue, classifier: ActionClassifier, *, relabel: bool, name: str) -> Annotated:
    """Name the actions of a conversation's system turns.

    Args:
        dialogue: the conversation.
        classifier: who names them.
        relabel: gold actions are replaced, too.
        name: of the conversation, for rejects.

    Raises:
        ModelFailure: one that concerns every request, such as a dead server.
    """
    turns = [_without_action(turn) if relabel else turn for turn in dialogue.turns]
    rejected = []
    for at in to_name(dialogue, relabel=relabel):
        turn = turns[at]
        try:
            judged = await classifier.classify(turn.said, _state(dialogue, at))
        except RoleFault as fault:
            rejected.append(Rejected(f"{name}, turn {at}", fault.kind, fault.evidence))
        except ModelFailure as failure:
            if failure.fatal:
                raise
            rejected.append(Rejected.unanswered(f"{name}, turn {at}", failure))
        else:
            turns[at] = replace(turn, labels=turn.labels | {ACTION: [judged.action]})
    return Annotated(replace(dialogue, turns=turns), rejected)


def _without_action(turn: Turn) -> Turn:
    return replace(turn, labels={name: values for name, values in turn.labels.items() if name != ACTION})


def _state(dialogue: Dialogue, at: int) -> Instance:
    """A state as far as a classifier looks: it has no action and no goal yet."""
    turn = dialogue.turns[at]
    return Instance(f"{dialogue.id}-{at}", dialogue, at, "", turn, None, (), None, None, (turn,))
