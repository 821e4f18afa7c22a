"""The parts of one item at once, where an operator makes several branches from one history.

made = await at_once(_reply(item, ask.fork(name), options) for name in names)
made.results, made.rejected
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Generic, NamedTuple, TypeVar

from duologue.operators.rejects import Rejected

Part = TypeVar("Part")


class Made(NamedTuple, Generic[Part]):
    """What came of the parts, in their order."""

    results: list[Part]
    rejected: list[Rejected]


async def at_once(parts: Iterable[Awaitable[Part | Rejected]]) -> Made[Part]:
    """Do all parts; what was asked comes in, even when one of them meets a dead server.

    Raises:
        Exception: the first one that a part raised, once all have ended.
    """
    made: Made[Part] = Made([], [])
    for each in await asyncio.gather(*parts, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each
        if isinstance(each, Rejected):
            made.rejected.append(each)
        else:
            made.results.append(each)
    return made
