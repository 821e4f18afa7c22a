"""Parsed messages as turns of a dialogue, and back: stage directions become labels.

to_turn(parsed.turns[0]).labels      # {"notes": ["sighs"]}
"""

from __future__ import annotations

from duologue.corpora.conversation_text.parsed import ParsedTurn
from duologue.dialogue import Turn

NOTES = "notes"
"""Label under which a turn keeps its stage directions."""


def to_turn(parsed: ParsedTurn) -> Turn:
    """A turn that says what the message says."""
    return Turn(parsed.speaker, parsed.text, labels={NOTES: parsed.notes} if parsed.notes else {})


def from_turn(turn: Turn) -> ParsedTurn:
    """What a turn says, with its insertions, as a message; whoever is not the user is the system."""
    return ParsedTurn("user" if turn.speaker == "user" else "system", turn.said, turn.labels.get(NOTES, []))
