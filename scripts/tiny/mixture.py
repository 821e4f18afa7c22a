"""The mixture: which tasks in which shares, a chunk at a time, from the worlds and from no world.

maker = ChunkMaker(Path("runs/tiny/tokenizer.json")); batches = maker(seed=0, chunk=3)
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from scripts.tiny.clarify import ClarifyTasks
from scripts.tiny.examples import Text, encode
from scripts.tiny.packing import Batch, pack
from scripts.tiny.support import SupportTasks
from scripts.tiny.talk import TalkTasks
from scripts.tiny.tasks import RandomTasks
from scripts.tiny.world import Split, WorldTasks

SHARES = {
    "simpletod": 0.335,
    "situation": 0.025,
    "backstory": 0.025,
    "reaction": 0.02,
    "random situation": 0.01,
    "random backstory": 0.025,
    "random reaction": 0.02,
    "lookup": 0.02,
    "talk": 0.05,
    "user turn": 0.05,
    "system turn": 0.02,
    "moderator": 0.008,
    "plan": 0.007,
    "more": 0.015,
    "restyle": 0.02,
    "restyle whole": 0.01,
    "suggest": 0.005,
    "trait": 0.03,
    "steered": 0.075,
    "unconditional": 0.01,
    "strategy": 0.035,
    "clarify": 0.145,
    "clarify turn": 0.01,
    "clarify told": 0.015,
    "clarify user": 0.01,
    "clarify judged": 0.003,
    "clarify meant": 0.002,
}
"""Share of examples; "random" tasks are about no world (`tasks.py`)."""


@dataclass(frozen=True)
class ChunkMaker:
    """Makes chunks; it is handed to the data process.

    Attributes:
        tokenizer: path of `tokenizer.json`.
        texts: examples in a chunk.
        shares: share of each task among them.
    """

    tokenizer: Path
    texts: int = 1500
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))

    def __call__(self, seed: int, chunk: int) -> Iterator[Batch]:
        """The batches of a chunk."""
        texts = self.texts_of(f"{seed}/{chunk}")
        rows = encode(Tokenizer.from_file(str(self.tokenizer)), texts)
        yield from pack(rows, np.random.default_rng((seed, chunk)))

    def texts_of(self, seed: str, split: Split = "train", *, vary: bool = True) -> list[Text]:
        """The examples of a chunk in random order."""
        rng = random.Random(seed)
        world = WorldTasks(rng, split, vary=vary)
        tasks = RandomTasks(rng, world.said)
        talk = TalkTasks(random.Random(f"{seed}/talk"), split, vary=vary)
        support = SupportTasks(random.Random(f"{seed}/support"), split)
        clarify = ClarifyTasks(random.Random(f"{seed}/clarify"), split)
        makers = {
            "simpletod": world.simpletod,
            "situation": world.situation,
            "backstory": world.backstory,
            "reaction": world.reaction,
            "random situation": tasks.situation,
            "random backstory": tasks.backstory,
            "random reaction": tasks.reaction,
            "lookup": tasks.lookup,
            "talk": talk.whole,
            "user turn": talk.user_turn,
            "system turn": talk.system_turn,
            "moderator": talk.moderator,
            "plan": talk.plan,
            "more": talk.more,
            "restyle": talk.restyle,
            "restyle whole": talk.restyle_whole,
            "suggest": talk.suggest,
            "trait": talk.trait,
            "steered": support.steered,
            "unconditional": support.unconditional,
            "strategy": support.recognised,
            "clarify": clarify.whole,
            "clarify turn": clarify.turn,
            "clarify told": clarify.told,
            "clarify user": clarify.user,
            "clarify judged": clarify.judged,
            "clarify meant": clarify.meant,
        }
        names = rng.choices(list(self.shares), weights=list(self.shares.values()), k=self.texts)
        return [makers[name]() for name in names]
