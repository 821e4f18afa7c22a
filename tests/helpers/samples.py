"""Small dialogues, and a model that answers by rule in process."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from rule_answers import answer

from duologue.dialogue import Act, Dialogue, Turn, write
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.request import Choice, Reply, Request

_NAMES = ["Ada", "Bela", "Cora", "Dina", "Edo", "Finn", "Gus", "Hela", "Ivo", "Jule"]
_THINGS = ["exam", "wedding", "new job", "marathon", "concert", "garden", "old bicycle", "driving test"]


def situated(number: int) -> Dialogue:
    """A dialogue about a restaurant, then a hotel, with a situation of its own."""
    rng = random.Random(number)
    name, thing = rng.choice(_NAMES), rng.choice(_THINGS)
    food = rng.choice(["curry", "pizza", "noodles", "soup"])
    table = {"restaurant": {"food": [food]}}
    wish, price = Act("restaurant", "inform", "food", food), Act("restaurant", "inform", "price", "cheap")
    turns = [
        Turn("user", f"I would like {food} number {number} .", acts=[wish], state=table),
        Turn("system", f"There are {number + 2} places . Any price ?", acts=[Act("restaurant", "request", "price")]),
        Turn("user", f"The cheapest of the {number + 2} will do .", acts=[price], state=table),
        Turn("system", f"I can offer you table {number} then .", acts=[Act("booking", "inform")]),
        Turn("user", "I need a room in a hotel too .", acts=[Act("hotel", "inform")], state=table | {"hotel": {}}),
        Turn("system", "Which part of town suits you ?", acts=[Act("hotel", "request", "area")]),
    ]
    situation = f"My friend {name} and I talk of the {thing} number {number}."
    return Dialogue(f"MUL{number:04d}", turns, facts={"situation": situation})


def write_corpus(path: Path, count: int) -> Path:
    write(path, (situated(number) for number in range(count)))
    return path


class RuleModel:
    """Answers by rule, after a wait that differs from request to request."""

    name = "rules"
    fingerprint = "rules 1"

    def __init__(self, broken: int = 7, wait: float = 0.0) -> None:
        self.broken = broken
        self.wait = wait
        self.in_flight = 0
        self.peak = 0
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(self.wait * random.random())
        self.in_flight -= 1
        return Reply((Choice(answer(request.prompt[-1].content, self.broken)),))

    async def close(self) -> None:
        """Nothing to let go of."""


def desk_of(model: RuleModel, folder: Path | None = None) -> ModelDesk:
    return ModelDesk(dict.fromkeys(("user", "system", "default"), model), ledger=Ledger(folder) if folder else None)
