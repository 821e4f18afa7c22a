"""A response and what came before it as token ids: what a response model is trained on, and asked with.

    for exchange in exchanges(dialogue, instruction="You are a booking assistant."):
        response_tokens(exchange, tokenizer, max_length=1024)

Only the response is trained, its end token included. History that does not fit is cut from the oldest, whole messages
only; the instruction and the newest message always stay. A tokenizer without a chat template gets plain lines
(`plain_chat`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from duologue.views.chat import tokenise_answer
from duologue.views.fit_history import first_kept
from duologue.views.plain_chat import plain_prompt
from duologue.views.response import Exchange, Message
from duologue.views.tokens import Tokens, tokenise


def response_tokens(exchange: Exchange, tokenizer: Any, *, max_length: int) -> Tokens:
    """Tokenise an exchange with the tokenizer's chat template, or as plain lines where it has none.

    Args:
        exchange: a response with its history.
        tokenizer: a transformers tokenizer.
        max_length: most tokens. What is left of a history that was cut begins with a user's message, as most templates
            want it. Where instruction, newest message and response are longer together, so is the result.

    Raises:
        InputError: the template does not take these messages, or asks otherwise than it renders the answer.
    """
    told = exchange.history[:1] if exchange.history and exchange.history[0]["role"] == "system" else []
    history = exchange.history[len(told) :]
    answer = {"role": "assistant", "content": exchange.response}
    tokenise_any = tokenise_answer if tokenizer.chat_template else tokenise_lines

    @cache
    def cut(first: int) -> Tokens:
        name = f"dialogue {exchange.dialogue}, turn {exchange.turn}"
        tokens = tokenise_any([*told, *history[first:], answer], tokenizer, name=name)
        return tokens._replace(dropped=tuple(f"{each['role']}: {each['content']}" for each in history[:first]))

    return cut(first_kept(history, lambda start: len(cut(start).ids) <= max_length))


def tokenise_lines(messages: Sequence[Message], tokenizer: Any, *, name: str) -> Tokens:
    """As `tokenise_answer`, in plain lines."""
    *history, answer = messages
    return tokenise(plain_prompt(history), f" {' '.join(answer['content'].split())}", tokenizer, name=name)
