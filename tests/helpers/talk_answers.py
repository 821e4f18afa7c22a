"""Answers the prompts of conversation, grow and restyle by rule, decided by the prompt alone."""

from __future__ import annotations

import hashlib
import re

_WAYS = ("honestly", "look here", "oh well", "as a rule", "my friend", "hurry up", "who cares")
_AIMS = ("tell me why", "mark my words", "help them all", "join my side", "come along", "let me shout", "prove it")
_SAID = re.compile(r"^(User|SocBot): (.*)$", re.MULTILINE)
_NEXT = re.compile(r"^Write the next (?:message of|(\d+) messages)", re.MULTILINE)
_WEATHER = "I would rather talk about the weather."


def talk(prompt: str) -> str:
    """The answer to a prompt; one conversation in nine is none, or says the same over and over."""
    if "Message of " in prompt:
        return _last(r"^Message of \w+: (.*)$", prompt).lower()
    said = _SAID.findall(prompt)
    if "Is this conversation over" in prompt:
        return _pick(("Yes.", "No.", "No."), prompt)
    if asked := _NEXT.search(prompt):
        return _lines(prompt, said[0][1], len(said), int(asked[1] or 1))
    if len(said) > 5:  # to be restyled: the conversation is in the prompt
        return "\n\n".join(f"{name}: {text.lower()}" for name, text in said)
    if "wrote this message" not in prompt:  # a published instruction to write one
        return "\n\n".join(
            f"{('SocBot', 'User')[at % 2]}: {_pick(_WAYS, prompt)} {at}, {len(prompt)}" for at in range(8)
        )
    message = _last(r"wrote this message: (.*)$", prompt)
    if "Say in one sentence" in prompt:
        return f"They speak of {message.split()[0]} until all is said."
    return _lines(prompt, message, 1, 8)


def _lines(prompt: str, message: str, first: int, count: int) -> str:
    """So many messages of the conversation that grows from a message; `first` is the place of the first of them."""
    if _pick(tuple("abcdefghi"), message) == "a":
        return _WEATHER
    words = message.split()
    lines = []
    for place in range(first, first + count):
        number = (place - 1) // 2
        word = words[number % len(words)]
        if place % 2:
            lines.append(f"SocBot: What do you make of {word}, number {number}?")
        else:
            aim = _pick(_AIMS, _last("^Motivation: (.*)$", prompt))
            way = _pick(_WAYS, _last("^Disposition: (.*)$", prompt))
            lines.append(f"User: {way}, {word} it is, {aim} {number}.")
    return "\n".join(lines)


def _last(pattern: str, prompt: str) -> str:
    found: list[str] = re.findall(pattern, prompt, re.MULTILINE)
    return found[-1]


def _pick(pool: tuple[str, ...], text: str) -> str:
    return pool[int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % len(pool)]
