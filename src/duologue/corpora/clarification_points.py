"""Clarification points: the system turns with a gold action, each with what came before and how it ought to end.

    for instance in instances(read("validation.json", "pacific")):
        print(instance.id, instance.action, instance.history[-1].said, "->", instance.goal)

An instance knows its history and its own gold continuation (`trajectory`): what the corpus says later is in neither, so
that no prompt can hold the answer to an earlier one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from duologue.corpora.actions import ANSWER, INTENT, action_of, references
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError

GOAL_TYPE = "goal_type"
"""The fact that says how an answer is compared with the goal."""

GoalType: TypeAlias = Literal["drop", "similarity", "sql"]
"""Token F1 as in DROP, similarity of sentence embeddings, or the same result of a query."""

_GOAL_TYPES: tuple[GoalType, ...] = get_args(GoalType)


class Instance(NamedTuple):
    """One system turn with a gold action.

    Attributes:
        id: the conversation's id and the index of the turn, `pacific-12-3`.
        dialogue: the whole gold conversation; a prompt shows its `instruction`, its `grounding` and `history`.
        at: index of the turn.
        action: its gold action.
        gold: the turn itself.
        goal: the text of the answer that the trajectory ends with; None where the conversation ends without one.
        references: every accepted final answer, the goal first; empty without a goal.
        goal_type: how an answer is compared with the goal; None where the corpus does not say.
        intent: what the user means, said without context: of the last user turn before the goal, where the corpus says
            so, else of the conversation; None where it says neither. Hidden from the system.
        trajectory: the turns from the gold one up to and including the next answer.
    """

    id: str
    dialogue: Dialogue
    at: int
    action: str
    gold: Turn
    goal: str | None
    references: tuple[str, ...]
    goal_type: GoalType | None
    intent: str | None
    trajectory: tuple[Turn, ...]

    @property
    def history(self) -> list[Turn]:
        """The turns before; the last is the user's."""
        return self.dialogue.turns[: self.at]

    @property
    def state(self) -> str:
        """A key of all that a system may know here: equal for the branches of one question, 16 letters."""
        grounding = msgspec.to_builtins(self.dialogue.grounding)
        said = [(turn.speaker, turn.said) for turn in self.history]
        known: list[Any] = [self.dialogue.instruction, grounding, said]
        return hashlib.sha256(msgspec.json.encode(known)).hexdigest()[:16]


def instances(dialogues: Iterable[Dialogue]) -> Iterator[Instance]:
    """Stream the labelled system turns of conversations that follow a turn of the user.

    Raises:
        InputError: an action or a goal type that there is not; names the conversation and the turn.
    """
    for dialogue in dialogues:
        for at, turn in enumerate(dialogue.turns):
            if turn.speaker == "system" and at and dialogue.turns[at - 1].speaker == "user":
                action = _action(dialogue, at)
                if action is not None:
                    yield _instance(dialogue, at, action)


def goal_type_of(dialogue: Dialogue) -> GoalType | None:
    """How answers in a conversation are compared with their goals; None where its facts do not say.

    Raises:
        InputError: a goal type that there is not.
    """
    named = dialogue.facts.get(GOAL_TYPE)
    for goal_type in _GOAL_TYPES:
        if named == goal_type:
            return goal_type
    if named is None:
        return None
    known = ", ".join(_GOAL_TYPES)
    raise InputError(
        f"unknown goal type {named!r}", where=f"dialogue {dialogue.id}, facts, {GOAL_TYPE}", mend=f"known are {known}"
    )


def _instance(dialogue: Dialogue, at: int, action: str) -> Instance:
    turns = dialogue.turns
    end = next((later for later in range(at, len(turns)) if _action(dialogue, later) == ANSWER), None)
    accepted = () if end is None else references(turns[end])
    until = len(turns) if end is None else end
    return Instance(
        id=f"{dialogue.id}-{at}",
        dialogue=dialogue,
        at=at,
        action=action,
        gold=turns[at],
        goal=accepted[0] if accepted else None,
        references=accepted,
        goal_type=goal_type_of(dialogue),
        intent=_intent(dialogue, until),
        trajectory=tuple(turns[at : until + 1]),
    )


def _intent(dialogue: Dialogue, until: int) -> str | None:
    """The meaning of the last user turn before `until`, else that of the conversation."""
    last = next((turn for turn in reversed(dialogue.turns[:until]) if turn.speaker == "user"), None)
    meant = last.labels.get(INTENT) if last is not None else None
    if meant:
        return meant[0]
    whole = dialogue.facts.get(INTENT)
    return whole if isinstance(whole, str) else None


def _action(dialogue: Dialogue, at: int) -> str | None:
    turn = dialogue.turns[at]
    if turn.speaker != "system":
        return None
    try:
        return action_of(turn)
    except InputError as error:
        raise InputError(error.what, where=f"dialogue {dialogue.id}, turn {at}", mend=error.mend) from None
