"""Parts of a prompt that are looked for later: marked while it is rendered, known by their characters afterwards.

In a Jinja file `{{ text | span("strategy_name") }}` marks a part; marks may stand in one another. The marks are
characters that no text may have (Unicode's noncharacters), and are taken out again:

    unmarked(f"Use {mark('calm', 'tone')}.")      # Unmarked("Use calm.", [Span("tone", 4, 8)])
"""

from __future__ import annotations

import re
from typing import NamedTuple

from duologue.errors import InputError

_BEGIN, _NAMED, _END = "\ufdd0", "\ufdd1", "\ufdd2"
_MARK = re.compile(f"{_BEGIN}([^{_NAMED}]*){_NAMED}|{_END}")


class Span(NamedTuple):
    """A named part of a text: characters start to end, exclusive."""

    name: str
    start: int
    end: int


class Unmarked(NamedTuple):
    """A text without its marks, and what they marked: by where it begins, the outer before the inner."""

    text: str
    spans: list[Span]


def mark(text: str, name: str) -> str:
    """Mark a text as a part of this name."""
    return f"{_BEGIN}{name}{_NAMED}{text}{_END}"


def unmarked(text: str) -> Unmarked:
    """Take the marks out of a text."""
    clean: list[str] = []
    spans: list[Span] = []
    inside: list[int] = []
    length = place = 0
    for found in _MARK.finditer(text):
        clean.append(text[place : found.start()])
        length += found.start() - place
        place = found.end()
        if found[1] is None:
            opened = inside.pop()
            spans[opened] = spans[opened]._replace(end=length)
        else:
            inside.append(len(spans))
            spans.append(Span(found[1], length, length))
    return Unmarked("".join([*clean, text[place:]]), spans)


def refuse_marks(text: str, where: str) -> None:
    """Refuse a text that has one of the marks' own characters.

    Raises:
        InputError: it has.
    """
    if found := next((character for character in text if character in (_BEGIN, _NAMED, _END)), None):
        raise InputError(
            f"a character that stands for no text (U+{ord(found):04X})", where=where, mend="take it out of the text"
        )
