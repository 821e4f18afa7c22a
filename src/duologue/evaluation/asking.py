"""How an evaluation asks a model about many things: side by side, one failure spoiling one answer only.

rows = await side_by_side(cases, lambda case: judged(case))
answer = await answer_of(ask("judge/profile", role=JUDGE, ...))     # an Answer, or why there is none
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from duologue.models.failure import ModelFailure
from duologue.prompts.ask import Answer

JUDGE = "judge"
"""The role in which a model judges."""

Item = TypeVar("Item")
Row = TypeVar("Row")
_AT_ONCE = 64


async def side_by_side(
    items: Sequence[Item],
    judged: Callable[[Item], Awaitable[Row]],
    on_row: Callable[[], object] = lambda: None,
) -> list[Row]:
    """Judge every item, at most 64 at once; the rows are in the order of the items.

    Args:
        items: what is judged.
        judged: judges one.
        on_row: called when an item is judged.

    Raises:
        ModelFailure: what `judged` raises ends the whole.
    """
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(item: Item) -> Row:
        async with room:
            row = await judged(item)
        on_row()
        return row

    return list(await asyncio.gather(*(one(item) for item in items)))


async def answer_of(asked: Awaitable[Answer]) -> Answer | ModelFailure:
    """The answer, or the failure that spoils this question only.

    Raises:
        ModelFailure: a fatal one, e.g. no server.
    """
    try:
        return await asked
    except ModelFailure as failure:
        if failure.fatal:
            raise
        return failure
