"""A dialogue as plain text for models without a chat template: a line a message, `user> …` and `bot> …`.

    plain_prompt([{"role": "user", "content": "A table for two?"}])       # "user> A table for two?\\nbot>"
    plain_completion("For when?")                                         # " For when?"

The instruction stands above, with an empty line after it. The space after `bot>` opens the completion, because
tokenizers join a space to the word that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NAMES = {"user": "user>", "assistant": "bot>"}


def plain_prompt(history: Sequence[Mapping[str, str]]) -> str:
    """What a model is given: the messages so far, and the beginning of the line that it writes."""
    return "".join(f"{line}\n" for line in _lines(history)) + _NAMES["assistant"]


def plain_completion(response: str) -> str:
    """The rest of that line."""
    return f" {_one_line(response)}"


def plain_dialogue(messages: Sequence[Mapping[str, str]]) -> str:
    """A whole dialogue."""
    return "\n".join(_lines(messages))


def _lines(messages: Sequence[Mapping[str, str]]) -> list[str]:
    return [
        f"{message['content']}\n" if message["role"] == "system" else f"{_NAMES[message['role']]} {text}"
        for message in messages
        for text in [_one_line(message["content"])]
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())
