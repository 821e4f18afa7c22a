"""Asking until an answer passes its gates, as often as the options allow.

    passed = await first_that_passes(ask, "interference/situation", options, judge, chat=chat)
    if isinstance(passed, Verdict): …    # the gate that the last draw failed

One draw is the published setting. Each further one is sampled, with a seed of its own: the same question asked greedily
has the same answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Generic, NamedTuple, TypeVar

from duologue.operators.gates import Verdict
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, Ask, Rendered

Found = TypeVar("Found")


class Passed(NamedTuple, Generic[Found]):
    """What passed every gate (mostly a text), and the key of the request that it came from."""

    found: Found
    key: str | None


async def first_that_passes(
    ask: Ask,
    prompt: str | Rendered,
    options: OperatorOptions,
    judge: Callable[[Answer], Found | Verdict | Awaitable[Found | Verdict]],
    *,
    role: str = "default",
    **fields: Any,
) -> Passed[Found] | Verdict:
    """Draw answers until one passes.

    Args:
        ask: answers.
        prompt: the prompt's name, or one that is rendered already.
        options: how many draws there may be, and how they are sampled.
        judge: makes something of an answer, or says which gate it failed; it may have to wait for that.
        role: which of the operator's models answers.
        fields: the prompt's fields.

    Returns:
        What passed, or the verdict on the last draw.
    """
    verdict = Verdict("no-draw", False, "no answer was asked for")
    for draw in range(options.draws):
        answer = await ask(prompt, role=role, draw=draw, sampling=options.sampling(draw), **fields)
        judged = judge(answer)
        found: Found | Verdict = await judged if isawaitable(judged) else judged
        if not isinstance(found, Verdict):
            return Passed(found, answer.key)
        verdict = found
    return verdict
