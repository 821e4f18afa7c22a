"""Replies by a strategy as rows for trainers elsewhere: chats with the instruction, and preference pairs.

    {"id": …, "strategy": …, "messages": [system, user, …, assistant]}
    {"id": …, "strategy": …, "rejected_strategy": …, "prompt": [system, user, …], "chosen": [assistant], "rejected": …}

A pair's prompt asks for one strategy; the chosen reply followed it, the rejected one was written at the same point for
another strategy, or for none.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from duologue.corpora.strategies import UNCONDITIONAL, Strategies
from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Dialogue
from duologue.prompts.steered_replies import steered_replies
from duologue.prompts.steering_options import SteeringOptions

Against = Literal["other", "unconditional"]
"""Which reply is rejected: one drawn among those of other strategies, or the one without a strategy."""


def chat_rows(dialogues: Iterable[Dialogue], options: SteeringOptions) -> Iterator[dict[str, Any]]:
    """A row of messages for every reply; the last message is the reply."""
    known = options.known()
    for each in steered_replies(dialogues, options, known):
        messages = [*_asking(each, options, known), _answer(each)]
        yield {"id": each.id, "strategy": each.strategy, "messages": messages}


def preference_rows(
    dialogues: Iterable[Dialogue], options: SteeringOptions, *, against: Against = "other", seed: int = 0
) -> Iterator[dict[str, Any]]:
    """A pair for every reply that has one to stand against; drawn by the reply's id and the seed."""
    known = options.known()
    for dialogue in dialogues:
        replies = list(steered_replies([dialogue], options, known)) if dialogue.branches else []
        for each in replies:
            if each.strategy == UNCONDITIONAL:
                continue
            others = [other for other in replies if _stands_against(each, other, against)]
            if others:
                other = random.Random(f"{seed}\0{each.id}").choice(others)
                yield {
                    "id": each.id,
                    "strategy": each.strategy,
                    "rejected_strategy": other.strategy,
                    "prompt": _asking(each, options, known),
                    "chosen": [_answer(each)],
                    "rejected": [_answer(other)],
                }


def _stands_against(each: StrategyReply, other: StrategyReply, against: Against) -> bool:
    if other.before != each.before or other.text == each.text:
        return False
    if against == "unconditional":
        return other.strategy == UNCONDITIONAL
    return other.strategy not in (each.strategy, UNCONDITIONAL)


def _asking(reply: StrategyReply, options: SteeringOptions, known: Strategies) -> list[dict[str, str]]:
    prompt = options.prompt(reply.before, reply.strategy, known, reply.situation)
    return [{"role": message.role, "content": message.content} for message in prompt.messages]


def _answer(reply: StrategyReply) -> dict[str, str]:
    return {"role": "assistant", "content": reply.text}
