"""Conversations whose utterances are of known kinds, in a known order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from duologue.dialogue import Dialogue, Turn

KINDS: dict[str, tuple[str, list[str]]] = {
    "weather": ("user", ["Will it rain {when}?", "Is it going to snow {when}?", "How sunny will it be {when}?"]),
    "pizza": ("system", ["How about a pizza with {food}?", "A pizza, {food} on it?", "Our best pizza is with {food}."]),
    "dentist": ("user", ["My tooth hurts, I need a dentist {when}.", "The dentist pulls my tooth {when}."]),
    "train": ("system", ["The train to London leaves {when}.", "Take the London train {when}, platform two."]),
    "thanks": ("user", ["Thank you so much, goodbye!", "Many thanks and bye!", "Thanks a lot, goodbye then!"]),
}
"""Kind -> who says it, and how."""

TALK = ("weather", "pizza", "dentist", "train", "thanks")
_WHEN = ["today", "tomorrow", "on Monday", "on Sunday", "this evening"]
_FOOD = ["ham", "olives", "mushrooms", "tuna", "onions"]


def planted(number: int, kinds: Sequence[str] = TALK, prefix: str = "d") -> Dialogue:
    """A dialogue whose turns are of these kinds; its words are drawn by its number."""
    rng = random.Random(number)
    turns = []
    for kind in kinds:
        speaker, ways = KINDS[kind]
        text = rng.choice(ways).format(when=rng.choice(_WHEN), food=rng.choice(_FOOD))
        turns.append(Turn("user" if speaker == "user" else "system", text, labels={"kind": [kind]}))
    return Dialogue(f"{prefix}{number:03d}", turns)


def shuffled(number: int, prefix: str = "s") -> Dialogue:
    """The same kinds in any order."""
    kinds = list(TALK)
    random.Random(f"order {number}").shuffle(kinds)
    return planted(number, kinds, prefix)


def kinds_of(dialogues: Sequence[Dialogue]) -> list[str]:
    """The kind of every turn."""
    return [turn.labels["kind"][0] for dialogue in dialogues for turn in dialogue.turns]
