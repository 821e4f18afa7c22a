"""Asking until an answer passes its gates, as often as the options allow.

    passed = await first_that_passes(ask, "interference/situation", options, judge, chat=chat)
    if isinstance(passed, Verdict): …    # the gate that the last draw failed

One draw is the published setting. Each further one is sampled, with a seed of its own: the same question asked greedily
has the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from duologue.operators.gates import Verdict
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, Ask
from duologue.prompts.render import examples


class Passed(NamedTuple):
    """A text that passed every gate, and the key of the request that it came from."""

    text: str
    key: str | None


async def first_that_passes(
    ask: Ask,
    prompt: str,
    options: OperatorOptions,
    judge: Callable[[Answer], str | Verdict],
    *,
    role: str = "default",
    **fields: Any,
) -> Passed | Verdict:
    """Draw answers until one passes.

    Args:
        ask: answers.
        prompt: the prompt's name; the worked examples are those of its folder.
        options: how many draws there may be, how they are sampled, how many worked examples are shown.
        judge: takes the text out of an answer, or says which gate it failed.
        role: which of the operator's models answers.
        fields: the prompt's other fields.

    Returns:
        What passed, or the verdict on the last draw.
    """
    shown = examples(prompt.partition("/")[0], options.shots)
    verdict: str | Verdict = ""
    for draw in range(options.draws):
        answer = await ask(prompt, role=role, draw=draw, sampling=options.sampling(draw), examples=shown, **fields)
        verdict = judge(answer)
        if isinstance(verdict, str):
            return Passed(verdict, answer.key)
    assert isinstance(verdict, Verdict)
    return verdict
