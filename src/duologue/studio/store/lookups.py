"""Whose click it is, and on what: clicks of many people are looked up together, as they are saved together.

lookups = Lookups(store.asked)
found = await lookups.of("5f0c…", 3)      # the annotator, and the fourth item that they were given

What is asked while a query runs is answered by the next: fifty clicks in one moment cost two queries, not a hundred.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from duologue.studio.store.store import Asked, Place


class Lookups:
    """Gathers questions on the event loop.

    Args:
        ask: looks up several; runs in a thread.
    """

    def __init__(self, ask: Callable[[Collection[Place]], Mapping[Place, Asked]]) -> None:
        self._ask = ask
        self._waiting: dict[Place, list[asyncio.Future[Asked]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, annotator: str, at: int) -> Asked:
        """Who has this id, and the item at a place of theirs."""
        found: asyncio.Future[Asked] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((annotator, at), []).append(found)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answer())
        return await found

    async def _answer(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await asyncio.to_thread(self._ask, asked.keys())
            except Exception as error:  # told to those who asked; the next ones are looked up anew
                for future in _open(asked):
                    future.set_exception(error)
                continue
            for place, futures in asked.items():
                for future in futures:
                    if not future.done():
                        future.set_result(found[place])


def _open(asked: Mapping[Place, list[asyncio.Future[Asked]]]) -> list[asyncio.Future[Asked]]:
    return [future for futures in asked.values() for future in futures if not future.done()]
