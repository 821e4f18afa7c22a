"""What an operator is: an async function that reads like the paper's algorithm, and what the engine must know of it.

    async def shout(item, ask, options, rng):
        answer = await ask("shout/line", text=item.dialogue.turns[0].said)
        yield insert(item.dialogue, 0, Insertion("shout", answer.text, "after", answer.key))

    SHOUT = Operator("shout", shout, OperatorOptions, prompts=("shout/line",))

The function yields dialogues under their parent's id; the engine gives them their own id and their origin.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from duologue.dialogue import Dialogue
from duologue.operators.items import Skipped, WorkItem, one_per_dialogue
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Ask, Sampling
from duologue.prompts.render import fingerprint


class OperatorOptions(BaseModel):
    """How an operator asks its models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer_tokens: int = Field(default=384, ge=1)
    """Most tokens in one answer."""
    temperature: float = Field(default=0.0, ge=0)
    """Temperature of the first draw; 0 is greedy, the published setting."""
    draws: int = Field(default=1, ge=1)
    """Answers that may be drawn until one passes the gates; 1 is the published setting (no second try)."""
    retry_temperature: float = Field(default=0.7, gt=0)
    """Temperature of the second and later draws: the same question asked greedily has the same answer."""

    def sampling(self, draw: int = 0) -> Sampling:
        """How the answer number `draw` to a question is drawn."""
        return Sampling(self.answer_tokens, max(self.temperature, self.retry_temperature) if draw else self.temperature)


class ShownOptions(OperatorOptions):
    """The same for prompts that can show worked examples."""

    shots: int = Field(default=0, ge=0)
    """Worked examples shown in each prompt."""


Run = Callable[[WorkItem, Ask, Any, random.Random], AsyncIterator[Dialogue | Rejected]]
Plan = Callable[[Iterable[Dialogue], Any, random.Random], Iterator[WorkItem | Skipped]]
Questions = Callable[[WorkItem, Any], int | None]


def answers_decide(item: WorkItem, options: OperatorOptions) -> int | None:
    """That it cannot be told beforehand how many questions an item asks."""
    return None


def one_question(item: WorkItem, options: OperatorOptions) -> int | None:
    """That an item asks one question, again until an answer passes."""
    return 1


@dataclass(frozen=True)
class Operator:
    """An operator and what the engine must know of it.

    Attributes:
        name: what the command line calls it.
        run: the algorithm, on one work item.
        options: its options; fields declared with `exclude=True` (paths) are no part of their hash.
        prompts: the prompts it uses, so that a changed prompt changes the options' hash.
        roles: the models it asks.
        plan: dialogues -> work items.
        questions: how many questions an item asks, whatever the answers are (draws of the same are not counted); None
            where the answers decide.
        layout: the native format in which its results are published as well, as `<operator>.json`.
        asked: the roles among these that some options need; without it all of them.
    """

    name: str
    run: Run
    options: type[OperatorOptions]
    prompts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("default",)
    plan: Plan = one_per_dialogue
    questions: Questions = answers_decide
    layout: str | None = None
    asked: Callable[[Any], tuple[str, ...]] | None = None

    def needed(self, options: OperatorOptions) -> tuple[str, ...]:
        """The roles that are asked with these options."""
        return self.roles if self.asked is None else self.asked(options)

    def options_hash(self, options: OperatorOptions, seed: int) -> str:
        """What decides the results besides the input and the models: options, seed, and the prompts' own text."""
        decides = [self.name, options.model_dump(mode="json"), seed, [fingerprint(name) for name in self.prompts]]
        return hashlib.sha256(msgspec.json.encode(decides, order="deterministic")).hexdigest()[:16]
