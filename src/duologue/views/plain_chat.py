"""A dialogue as plain text for models without a chat template: a line a message, `user> …` and `bot> …`.

    plain_prompt([{"role": "user", "content": "A table for two?"}])       # two lines: user> A table for two?, bot>

The instruction stands above, with an empty line after it. The space after `bot>` opens the answer, because tokenizers
join a space to the word that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NAMES = {"user": "user>", "assistant": "bot>"}


def plain_prompt(history: Sequence[Mapping[str, str]]) -> str:
    """What a model is given: the messages so far, and the beginning of the line that it writes."""
    return "".join(f"{_line(message)}\n" for message in history) + _NAMES["assistant"]


def _line(message: Mapping[str, str]) -> str:
    """A message as its line; the instruction as it is, with a line break."""
    if message["role"] == "system":
        return f"{message['content']}\n"
    return f"{_NAMES[message['role']]} {_one_line(message['content'])}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
