"""A look at a few items before a run: the rendered prompts, the model's answers and what became of them.

async for look in preview(INTERFERENCE, dialogues, desk, options, count=3): print(look)
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from duologue.dialogue import Dialogue
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.operators.items import Skipped, item_rng, item_seed
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import ModelAsk, Preview


class Look(NamedTuple):
    """What was asked for one item, and what became of it."""

    item: str
    asked: list[Preview]
    results: list[Dialogue | Rejected]


async def preview(
    operator: Operator,
    dialogues: Iterable[Dialogue],
    desk: ModelDesk,
    options: OperatorOptions,
    *,
    count: int,
    seed: int = 0,
) -> AsyncIterator[Look]:
    """Do the first `count` items one by one; the answers are those that a run with these options has.

    Raises:
        ModelFailure: a failure that every further item would meet.
    """
    for item in operator.plan(dialogues, options, random.Random(f"{operator.name}\0{seed}")):
        if count <= 0:
            return
        if isinstance(item, Skipped):
            continue
        count -= 1
        ask = ModelAsk(desk, seed=item_seed(operator.name, seed, item.id), keep_previews=True)
        results: list[Dialogue | Rejected] = []
        try:
            async for made in operator.run(item, ask, options, item_rng(operator.name, seed, item.id)):
                results.append(made)
        except ModelFailure as failure:
            if failure.fatal:
                raise
            results.append(Rejected.unanswered(item.id, failure))
        yield Look(item.id, ask.previews, results)
