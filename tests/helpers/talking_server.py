"""An OpenAI-compatible server that grows and restyles conversations by rule, decided by the prompt alone."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to

_WAYS = ("honestly", "look here", "oh well", "as a rule", "my friend", "hurry up", "who cares")
_AIMS = ("tell me why", "mark my words", "help them all", "join my side", "come along", "let me shout", "prove it")


def pick(pool: tuple[str, ...], text: str) -> str:
    return pool[int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % len(pool)]


def talk(prompt: str) -> str:
    """The answer to a prompt of seed talk; one conversation in nine is none."""
    if "Message of " in prompt:
        return re.findall(r"^Message of \w+: (.*)$", prompt, re.MULTILINE)[-1].lower()
    said = re.findall(r"^(User|SocBot): (.*)$", prompt, re.MULTILINE)
    if "Answer yes or no" in prompt:  # the moderator
        return "Yes." if len(said) > 4 else "No."
    if "Write the next message of" in prompt:
        return f"{pick(_WAYS, prompt)}, {pick(_AIMS, prompt)}, {len(said)}"
    if len(said) > 5:  # a published instruction to restyle, with the conversation in it
        return "\n\n".join(f"{name}: {text.lower()}" for name, text in said)
    if "wrote this message" not in prompt:  # a published instruction to write one
        return "\n\n".join(
            f"{('SocBot', 'User')[at % 2]}: {pick(_WAYS, prompt)} {at}, {len(prompt)}" for at in range(8)
        )
    message = re.findall(r"wrote this message: (.*)$", prompt, re.MULTILINE)[-1]
    if pick(tuple("abcdefghi"), message) == "a":
        return "I would rather talk about the weather."
    aim, way = (pick(pool, re.findall(f"^{name}: (.*)$", prompt, re.MULTILINE)[-1])
                for pool, name in ((_AIMS, "Motivation"), (_WAYS, "Disposition")))  # fmt: skip
    words = message.split()
    lines = []
    for number in range(4):
        word = words[number % len(words)]
        lines += [
            f"SocBot: What do you make of {word}, number {number}?",
            f"User: {way}, {word} it is, {aim} {number}.",
        ]
    return "\n".join(lines)


class TalkingServer(Server):
    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=talk(body["messages"][-1]["content"]), **changes))
