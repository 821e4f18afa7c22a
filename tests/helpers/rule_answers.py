"""Answers the interference prompts by rule: well formed, decided by the prompt alone, and broken now and then."""

from __future__ import annotations

import hashlib
import re

_SITUATION = re.compile(r"^Situation: (.+)$", re.MULTILINE)
_UTTERANCE = re.compile(r"^Utterance: \*\*(.+?)\*\*\n", re.MULTILINE | re.DOTALL)
_BACKSTORY = re.compile(r"<Backstory: ([^>]+)>\nResponse: \*\*(.+?)\*\*\nWrite one", re.DOTALL)
_CHAT = re.compile(r"^User: (.+)$", re.MULTILINE)


def number(prompt: str) -> int:
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:4], "big")


def answer(prompt: str, broken: int = 7) -> str:
    """The answer to a prompt; one in `broken` fails a gate (0: none)."""
    bad = broken and number(prompt) % broken == 0
    if "Form: **utterance**" in prompt:
        situation = _SITUATION.findall(prompt)[-1]
        utterance = _UTTERANCE.findall(prompt)[-1]
        if bad:
            return (f"**{utterance}**", f"**{utterance} please** + <Backstory: {situation}>")[number(prompt) % 2]
        return f"**{utterance}** + <Backstory: {situation}>"
    if "Form: <Reaction" in prompt:
        backstory, response = _BACKSTORY.findall(prompt)[-1]
        words = backstory.rstrip(".!").split()
        if bad:
            return f"<Reaction: Call 01223456789 about {words[-1]}.> + **{response}**"
        return f"<Reaction: Thank you for telling me about {' '.join(words[-3:])}, I wish you well!> + **{response}**"
    if "Write the user's situation" in prompt:
        return "The user is fine." if bad else " ".join(_CHAT.findall(prompt))
    raise AssertionError(prompt)
