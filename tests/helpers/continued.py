"""Support conversations with strategy-conditioned branches, as `synthesize continuation` makes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from duologue.dialogue import Branch, Dialogue, Origin, Turn, derived_id, write

STRATEGIES = ("Offer Hope", "Affirmation", "Clarification")


def continued(
    points: int,
    reply: Callable[[int, str], str],
    layout: str = "standard",
    scores: Callable[[int], float] | None = None,
) -> list[Dialogue]:
    """So many points, each with a branch per strategy, whose text is `reply(point, strategy)`."""
    return [_continued(number, reply, layout, scores) for number in range(points)]


def write_continued(folder: Path, *given: object, **named: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "dialogues.jsonl", continued(*given, **named))
    return folder


def _continued(
    number: int, reply: Callable[[int, str], str], layout: str, scores: Callable[[int], float] | None
) -> Dialogue:
    conversation = f"esconv-{number:04d}"
    said = [
        f"I lost my job number {number}.",
        "I am sorry. When was that?",
        f"Last week, <b>really</b> & day {number}.",
    ]
    turns = [Turn("user" if at % 2 == 0 else "system", text, source=(conversation, at)) for at, text in enumerate(said)]
    branches = [
        Branch(
            derived_id(f"{conversation}-t2", strategy),  # the same in every layout
            len(turns),
            [Turn("system", reply(number, strategy))],
            labels={"strategy": [strategy], "layout": [layout]},
            scores={} if scores is None else {"sra": scores(number)},
        )
        for strategy in STRATEGIES
    ]
    roles = {"user": "seeker", "system": "supporter"}
    name, origin = derived_id(conversation, "continuation", layout), Origin("continuation", parent=conversation)
    return Dialogue(name, turns, roles=roles, branches=branches, origin=origin)
