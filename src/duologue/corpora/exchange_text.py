r"""Conversations printed as a Python list without its brackets, which is how the interference seed stores them.

    'User: My sister turns 30!',
    "System: That's lovely."

Items are quoted as Python quotes strings; nothing is evaluated. The seed breaks the line after *every* quote and comma,
also inside an item (`"The Oak", he said`); Python prints no raw line break there, so it is known for the space it was.

    parse("'User: Hi',\n'System: Hello'")       # [Said("user", "Hi"), Said("system", "Hello")]
    render([Said("user", "Hi")])                # "'User: Hi'"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from duologue.dialogue import Speaker

_LABELS: dict[str, Speaker] = {"User": "user", "System": "system"}
_NAMES = {"user": "User", "system": "System", "tool": "Tool"}
_ITEM = re.compile(r"""\s*(?P<item>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*(?:,|$)""", re.DOTALL)
_BROKEN = re.compile(r"""(['"]),\n""")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "\n": "",
    "\r\n": "",
}


class Said(NamedTuple):
    """One thing said, and by whom."""

    speaker: Speaker
    text: str


def parse(text: str) -> list[Said]:
    """The turns of an exchange text; empty for an empty text or `None`.

    Raises:
        ValueError: an item is not quoted, or is neither the user's nor the system's; says where.
    """
    if text.strip().strip("[]") in ("", "None"):
        return []
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    said: list[Said] = []
    at = 0
    while inner[at:].strip():
        match = _ITEM.match(inner, at)
        if match is None:
            raise ValueError(f"item {len(said)} is not a quoted string followed by a comma: {inner[at : at + 40]!r}")
        said.append(labelled(_unquoted(match["item"])))
        at = match.end()
    return said


def render(said: Iterable[Said]) -> str:
    """The exchange text of turns: each as Python prints a string, a line break after every quote and comma."""
    items = ", ".join(repr(f"{_NAMES[speaker]}: {text}") for speaker, text in said)
    return items.replace("', ", "',\n").replace('", ', '",\n')


def labelled(text: str) -> Said:
    """A text such as `User: Hi` as who said what.

    Raises:
        ValueError: it begins with neither `User:` nor `System:`.
    """
    label, colon, rest = text.partition(":")
    if not colon or label.strip() not in _LABELS:
        raise ValueError(f"expected 'User: …' or 'System: …', found {text[:40]!r}")
    return Said(_LABELS[label.strip()], rest.removeprefix(" "))


def _unquoted(item: str) -> str:
    return _ESCAPE.sub(_character, _BROKEN.sub(r"\1, ", item[1:-1]))


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        return chr(int(code[1:], 16))
    return _ESCAPED.get(code, code if code in "'\"\\" else f"\\{code}")
