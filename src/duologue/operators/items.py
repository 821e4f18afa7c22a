"""What an operator works on: work items, and the dialogues that are not tried.

A plan turns a stream of dialogues into work items. Most operators look at one dialogue at a time and need none; one
that draws on several (few-shot pools, pairing, class balance) declares its own.

    def plan(dialogues, options, rng):
        for dialogue in dialogues:
            yield WorkItem.of(dialogue) if "situation" in dialogue.facts else Skipped(dialogue.id, "no situation")
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from duologue.dialogue import Dialogue


class WorkItem(msgspec.Struct, frozen=True):
    """One piece of work, done on its own.

    Attributes:
        id: what its random choices are seeded by, so it should be unique; also the id of its reject.
        dialogues: what it works on; mostly one.
        fields: what the plan decided for it (a situation, a strategy); part of what tells its results apart.
    """

    id: str
    dialogues: tuple[Dialogue, ...]
    fields: dict[str, Any] = {}

    @classmethod
    def of(cls, dialogue: Dialogue, **fields: Any) -> WorkItem:
        """The item of a single dialogue."""
        return cls(dialogue.id, (dialogue,), fields)

    @property
    def dialogue(self) -> Dialogue:
        """The first dialogue."""
        return self.dialogues[0]


class Skipped(msgspec.Struct, frozen=True):
    """A dialogue that is not tried.

    Attributes:
        id: the dialogue's.
        reason: why, in a few words that are the same for all such dialogues; counted in the receipt.
        evidence: a short string that shows why this one: the dialogue that it repeats, its length.
    """

    id: str
    reason: str
    evidence: str = ""


def one_per_dialogue(dialogues: Iterable[Dialogue], options: object, rng: random.Random) -> Iterator[WorkItem]:
    """The default plan."""
    for dialogue in dialogues:
        yield WorkItem.of(dialogue)


def item_rng(operator: str, seed: int, item: str) -> random.Random:
    """The generator of an item's random choices: the same in any order, shard or rerun."""
    return random.Random(f"{operator}\0{seed}\0{item}")


def item_seed(operator: str, seed: int, item: str) -> int:
    """The seed of an item's sampled requests (0 to 2**31 - 1)."""
    digest = hashlib.blake2b(f"{operator}\0{seed}\0{item}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1
