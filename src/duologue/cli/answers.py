"""What the commands of `respond` share: predictions written as they come, what was missing counted, prompts that fit.

with desk: await write_answers(out, rows, tally, limit)
print(tally.line(out))
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.cli.progress import counting
from duologue.dialogue import DialoguePrediction, writing
from duologue.errors import InputError
from duologue.files import write_json
from duologue.models.local import LocalModel
from duologue.models.request import Model
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


class Fit(NamedTuple):
    """How prompts are kept short enough: the most tokens, and how they are counted."""

    max_prompt_tokens: int | None
    count_tokens: Callable[[Any], int] | None


def fit(model: Model, max_new_tokens: int, max_prompt_tokens: int | None) -> Fit:
    """A model in process knows its context, so prompts that leave no room for the answer lose their oldest turns.

    Raises:
        InputError: `max_prompt_tokens` is set, and the model cannot count.
    """
    if isinstance(model, LocalModel):
        loaded = model.loaded
        room = loaded.context if loaded.encoder_decoder else max(loaded.context - max_new_tokens, 1)
        return Fit(min(room, max_prompt_tokens or room), model.count_tokens)
    if max_prompt_tokens is not None:
        raise InputError(
            f"{model.name} does not say how it counts tokens",
            where="--max-prompt-tokens",
            mend="leave it out, or use a model in process (tiny, hf:PATH)",
        )
    return Fit(None, None)
