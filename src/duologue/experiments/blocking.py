"""Asynchronous work of a stage, waited for; also where a loop is at work already, as in a notebook.

found = blocking(ask_all(items))
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Found = TypeVar("Found")


def blocking(work: Coroutine[Any, Any, Found]) -> Found:
    """Run it to its end, in this thread or, where its loop is taken, in another one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()
