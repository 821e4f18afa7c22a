"""What every system shares: dialogues answered side by side and given back in order, failures told in a turn's note.

async for row in in_order(dialogues, answer, window=256): print(row.id)
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeAlias

from duologue.dialogue import Dialogue, DialoguePrediction
from duologue.models.failure import ModelFailure
from duologue.models.request import Reply, Request

Complete: TypeAlias = Callable[[Request], Awaitable[Reply]]
"""How a request is answered, e.g. `partial(desk.complete, "default")`."""

WINDOW = 256
"""Dialogues at work at once."""


async def in_order(
    dialogues: Iterable[Dialogue],
    answer: Callable[[Dialogue], Coroutine[Any, Any, DialoguePrediction]],
    window: int = WINDOW,
) -> AsyncGenerator[DialoguePrediction, None]:
    """Answer dialogues, in input order.

    Args:
        dialogues: streamed; at most `window` are at work.
        answer: answers one.
        window: most dialogues at work or waiting for an earlier one.

    Raises:
        ModelFailure: what `answer` raises ends the whole.
    """
    tasks: deque[asyncio.Task[DialoguePrediction]] = deque()
    try:
        for dialogue in dialogues:
            tasks.append(asyncio.create_task(answer(dialogue)))
            if len(tasks) >= window:
                yield await tasks.popleft()
        while tasks:
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def outcome_of(complete: Complete, request: Request) -> Reply | ModelFailure:
    """The reply, or the failure that spoils this request only.

    Raises:
        ModelFailure: one that concerns every request (a dead server).
    """
    try:
        return await complete(request)
    except ModelFailure as failure:
        if failure.fatal:
            raise
        return failure


def why_missing(failure: ModelFailure) -> str:
    """The note of a turn that got no response."""
    return "no response" if failure.kind == "empty_reply" else f"no answer: {failure.kind}"
