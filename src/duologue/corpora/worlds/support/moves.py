"""The supporter's moves, and which strategy each of them is among ESConv's eight and among the extended fifteen.

A move is a pool of phrases (`phrases/supporter.txt`). Three moves are strategies of
ESConv only, one is not known to it.

    >>> strategy_of("stress", "extended"), strategy_of("stress", "esconv")
    ('Stress Management', 'Providing Suggestions')
"""

from __future__ import annotations

from typing import Literal

Collection = Literal["extended", "esconv"]
COLLECTIONS: tuple[Collection, ...] = ("extended", "esconv")

_MOVES: dict[str, tuple[str | None, str | None]] = {
    "affirm": ("Affirmation", "Affirmation and Reassurance"),
    "accept": ("Avoid Judgment and Criticism", "Affirmation and Reassurance"),
    "clarify": ("Clarification", "Question"),
    "plan": ("Collaborative Planning", "Providing Suggestions"),
    "validate": ("Emotional Validation", "Reflection of feelings"),
    "normal": ("Normalize Experiences", "Affirmation and Reassurance"),
    "hope": ("Offer Hope", "Affirmation and Reassurance"),
    "care": ("Promote Self-Care Practices", "Providing Suggestions"),
    "perspective": ("Provide Different Perspectives", None),
    "reflect": ("Reflective Statements", "Restatement or Paraphrasing"),
    "reframe": ("Reframe Negative Thoughts", "Affirmation and Reassurance"),
    "information": ("Share Information", "Information"),
    "stress": ("Stress Management", "Providing Suggestions"),
    "options": ("Suggest Options", "Providing Suggestions"),
    "chat": ("Chit Chat", "Others"),
    "question": (None, "Question"),
    "disclose": (None, "Self-disclosure"),
    "feelings": (None, "Reflection of feelings"),
}
GREETINGS = ("greet", "bye")
"""Pools with which conversations begin and end; they count as `chat`."""
KINDS = {"clarify": ("when", "told", "worst"), "chat": ("weather", "food", "fun")}
"""Moves whose pools are kinds, `clarify.when`, …; the seeker answers each from a pool of its own."""


def moves(collection: Collection) -> list[str]:
    """The moves that are strategies of a collection."""
    return [move for move, names in _MOVES.items() if names[COLLECTIONS.index(collection)] is not None]


def strategy_of(move: str, collection: Collection) -> str:
    """The name of the strategy that a move is."""
    name = _MOVES["chat" if move in GREETINGS else move][COLLECTIONS.index(collection)]
    assert name is not None, move
    return name


def moves_of(strategy: str, collection: Collection) -> list[str]:
    """The moves with which a strategy is followed."""
    return [move for move in moves(collection) if strategy_of(move, collection) == strategy]
