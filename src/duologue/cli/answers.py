"""What the commands of `respond` share: predictions written as they come, what was missing counted.

with desk: await write_answers(out, rows, tally, limit)
print(tally.line(out))
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from duologue.dialogue import DialoguePrediction, writing
from duologue.experiments.counting import counting
from duologue.files import write_json
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


async def write_answers(
    out: Path, rows: AsyncGenerator[DialoguePrediction, None], tally: Tally, total: int | None
) -> None:
    """Write rows as they come; the file has its name when it is whole."""
    encode = msgspec.json.Encoder().encode
    with writing(out) as file, counting(sys.stderr, "dialogues answered", total=total) as advance:
        async with aclosing(rows):
            async for row in rows:
                file.write(encode(row) + b"\n")
                tally.add(row)
                advance()


def write_summary(out: Path, json: Path | None, summary: dict[str, Any]) -> None:
    """Write it beside the predictions, where `report --table` finds it, and where else it is wanted."""
    for place in {beside := Path(f"{out}.summary.json"), json or beside}:
        write_json(place, summary)
