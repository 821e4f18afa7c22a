"""Training data of steered replies: the prompt that asks for a strategy, and the reply that follows it.

encode = steered_data(lambda: read("runs/replies/dialogues.jsonl"), SteeringOptions(), max_length=4096)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from duologue.corpora.strategies import Strategies
from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Dialogue, Turn
from duologue.prompts.steered_replies import cut_to_fit, steered_replies
from duologue.prompts.steering_options import SteeringOptions
from duologue.training.data import Encode
from duologue.views.response import Exchange
from duologue.views.response_tokens import response_tokens
from duologue.views.tokens import Tokens


def steered_data(dialogues: Callable[[], Iterable[Dialogue]], steering: SteeringOptions, *, max_length: int) -> Encode:
    """One example per reply that is labelled with a strategy; only the reply and its end are trained.

    Args:
        dialogues: gives the dialogues, anew at each call: with branches, or with labelled turns of the supporter.
        steering: how the prompts are made; the same options ask the trained model.
        max_length: most tokens; the oldest turns of longer examples are dropped, in whatever layout they stand.
    """

    def encode(tokenizer: Any) -> Iterator[Tokens]:
        known = steering.known()
        for reply in steered_replies(dialogues(), steering, known):
            yield _cut(reply, steering, known, tokenizer, max_length)

    return encode


def _cut(reply: StrategyReply, steering: SteeringOptions, known: Strategies, tokenizer: Any, most: int) -> Tokens:
    def tokens(history: list[Turn]) -> Tokens:
        prompt = steering.prompt(history, reply.strategy, known, reply.situation)
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        exchange = Exchange(reply.id, len(history), messages, reply.text)
        return response_tokens(exchange, tokenizer, max_length=sys.maxsize)

    kept = cut_to_fit(reply.before, lambda history: len(tokens(history).ids) <= most)
    dropped = reply.before[: reply.depth - len(kept)]
    return tokens(kept)._replace(name=reply.where, dropped=tuple(f"{turn.speaker}: {turn.said}" for turn in dropped))
