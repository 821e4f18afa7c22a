"""Support conversations with facts and strategies, made on the spot."""

from __future__ import annotations

from typing import Any

from duologue.dialogue import Dialogue, Turn


def support_talk(number: int, replies: int = 6, strategy: str = "Question") -> Dialogue:
    """A conversation that the seeker opens, in which the supporter speaks `replies` times."""
    turns = []
    for index in range(replies):
        turns.append(Turn("user", f"Talk {number}, trouble {index}: I lie awake and think of the {index} bills."))
        turns.append(Turn("system", f"Talk {number}, answer {index}?", labels={"strategy": [strategy]}))
    facts: dict[str, Any] = {"situation": f"Case {number}: I cannot pay.", "problem_type": "job crisis"}
    return Dialogue(f"talk-{number}", turns, facts=facts, roles={"user": "seeker", "system": "supporter"})
