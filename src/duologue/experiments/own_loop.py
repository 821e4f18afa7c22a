"""An event loop in a thread of its own, for code that must not be async and asks models again and again.

    with OwnLoop() as loop: loop.run(desk.complete("user", request))

Connections belong to the loop in which they were opened, so a trainer that asks at every step needs one that stays; and
a notebook's own loop is busy.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class OwnLoop:
    """Runs coroutines until it is left."""

    def __enter__(self) -> OwnLoop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="duologue-loop", daemon=True)
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for a coroutine; Ctrl-C cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
