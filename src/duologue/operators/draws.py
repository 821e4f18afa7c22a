"""Asking until an answer passes its gates, as often as the options allow.

    passed = await first_that_passes(options, ask_for_it, judge)
    if isinstance(passed, Verdict): …    # the gate that the last draw failed

One draw is the published setting. Each further one is sampled, with a seed of its own: the same question asked greedily
has the same answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from duologue.operators.gates import Verdict
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, Sampling


class Passed(NamedTuple):
    """A text that passed every gate, and the key of the request that it came from."""

    text: str
    key: str | None


async def first_that_passes(
    options: OperatorOptions,
    ask_once: Callable[[int, Sampling], Awaitable[Answer]],
    judge: Callable[[Answer], str | Verdict],
) -> Passed | Verdict:
    """Draw answers until one passes.

    Args:
        options: how many draws there may be, and how they are sampled.
        ask_once: asks for draw number n with a sampling.
        judge: takes the text out of an answer, or says which gate it failed.

    Returns:
        What passed, or the verdict on the last draw.
    """
    verdict: str | Verdict = ""
    for draw in range(options.draws):
        answer = await ask_once(draw, options.sampling(draw))
        verdict = judge(answer)
        if isinstance(verdict, str):
            return Passed(verdict, answer.key)
    assert isinstance(verdict, Verdict)
    return verdict
