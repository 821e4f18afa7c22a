"""What the commands of `respond` say at the end: how much was answered, and what was missing.

tally.add(row)
print(tally.line(out))
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duologue.dialogue import DialoguePrediction
from duologue.models.speed_card import SpeedCard


@dataclass
class Tally:
    """What was answered, and how often something was missing."""

    dialogues: int = 0
    turns: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, row: DialoguePrediction) -> None:
        """Count a dialogue."""
        self.dialogues += 1
        self.turns += len(row.turns)
        for turn in row.turns:
            for note in (turn.note or "").split("; "):
                kind = note.partition(":")[0] if note.startswith("unfilled") else note.lstrip("0123456789 ")
                if kind:
                    self.notes[kind] += 1

    @property
    def unanswered(self) -> int:
        """Turns whose request failed."""
        return sum(count for note, count in self.notes.items() if note.startswith("no answer"))

    def line(self, out: Path) -> str:
        """What a user reads at the end."""
        notes = ", ".join(f"{note} {count}" for note, count in self.notes.most_common()) or "nothing missing"
        return f"{out}: {self.turns} turns of {self.dialogues} dialogues; {notes}"

    def summary(self, requests: dict[str, Any], speed: SpeedCard) -> dict[str, Any]:
        """The same as JSON, with the receipt of the requests and the speed card."""
        counts = {"dialogues": self.dialogues, "turns": self.turns, "notes": dict(self.notes)}
        return counts | {"requests": requests, "speed": speed}
