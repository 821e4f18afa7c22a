"""A dialogue as plain text for models without a chat template: a line a message, `user> …` and `bot> …`.

    plain_prompt([{"role": "user", "content": "A table for two?"}])       # the line, and "bot>"
    tokenise_plain_answer(messages, tokenizer)                            # ids, the last message trained

The instruction stands above, with an empty line after it. The space after `bot>` opens the answer, because tokenizers
join a space to the word that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from duologue.views.tokens import Tokens, tokenise

_NAMES = {"user": "user>", "assistant": "bot>"}


def plain_prompt(history: Sequence[Mapping[str, str]]) -> str:
    """What a model is given: the messages so far, and the beginning of the line that it writes."""
    return "".join(f"{_line(message)}\n" for message in history) + _NAMES["assistant"]


def tokenise_plain_answer(messages: Sequence[Mapping[str, str]], tokenizer: Any, *, name: str = "") -> Tokens:
    """Tokenise messages of which the last is the assistant's; the mask marks that one and the end token behind it."""
    *history, answer = messages
    return tokenise(plain_prompt(history), f" {_one_line(answer['content'])}", tokenizer, name=name)


def _line(message: Mapping[str, str]) -> str:
    """A message as its line; the instruction as it is, with a line break."""
    if message["role"] == "system":
        return f"{message['content']}\n"
    return f"{_NAMES[message['role']]} {_one_line(message['content'])}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
