"""Which strategy the next reply should follow, as a model sees it.

    suggest = model_suggests(ask, EXTENDED)
    await suggest(turns)                     # a Strategy, or None where the answer names none, or several

`Suggest` is what a chat takes, so that a strategy classifier can stand in its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from duologue.corpora.strategies import Strategies, Strategy
from duologue.dialogue import Turn
from duologue.measures.naming import the_one_named
from duologue.prompts.ask import Ask, Sampling
from duologue.systems.live_chat import ROLES

Suggest: TypeAlias = Callable[[Sequence[Turn]], Awaitable[Strategy | None]]
"""The turns so far, the seeker's last -> what the reply to them should follow."""

PROMPT = "chat/suggest"
_SHORT = Sampling(max_tokens=32)


def model_suggests(ask: Ask, strategies: Strategies, *, role: str = "default") -> Suggest:
    """Ask a model; it sees the strategies with what they mean."""

    async def suggest(turns: Sequence[Turn]) -> Strategy | None:
        told = list(strategies.values())
        answer = await ask(PROMPT, role=role, sampling=_SHORT, strategies=told, turns=turns, names=ROLES)
        name = the_one_named(answer.text, list(strategies))
        return None if name is None else strategies[name]

    return suggest
