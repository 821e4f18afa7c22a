"""Actions as labels of system turns: what a turn does for the user, ask back or answer.

    action_of(Turn("system", "Which year?", labels={ACTION: [CLARIFY]}))      # "clarify"

`ACTIONS` is every action there is. A new one is added here, with the word that a prompt and a report say of it.
"""

from __future__ import annotations

from duologue.dialogue import Turn
from duologue.errors import InputError

ACTION, INTENT, REFERENCES = "action", "intent", "references"
"""Labels: the action of a system turn; what a user turn means, said without context; other texts that a system turn
could as well have (answers where it answers, questions where it asks)."""

CLARIFY, ANSWER = "clarify", "answer"
ACTIONS = {CLARIFY: "ask the user a clarifying question", ANSWER: "answer"}
"""Every action by its name, and what an assistant that takes it is told to do."""


def action_of(turn: Turn) -> str | None:
    """The action of a turn; None where it has none.

    Raises:
        InputError: it has several, or one that there is not.
    """
    labels = turn.labels.get(ACTION, [])
    if len(labels) > 1:
        raise InputError(f"a turn with {len(labels)} actions: {', '.join(labels)}", mend="leave it one")
    return known(labels[0]) if labels else None


def known(action: str) -> str:
    """The action itself.

    Raises:
        InputError: there is no such action; names all.
    """
    if action not in ACTIONS:
        raise InputError(f"unknown action '{action}'", mend=f"known are {', '.join(ACTIONS)}")
    return action


def references(turn: Turn) -> tuple[str, ...]:
    """Every text that a turn may have, its own first, each once."""
    return tuple(dict.fromkeys([turn.said, *turn.labels.get(REFERENCES, [])]))
