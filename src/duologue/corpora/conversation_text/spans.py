"""Stretches of a text (start, end exclusive, in characters) and its lines."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[int, int]


class Line(NamedTuple):
    """A line without its outer white space; `opens` says that a blank line or nothing stands before it."""

    start: int
    end: int
    opens: bool


def stripped(text: str, start: int, end: int) -> Span:
    """The stretch without its outer white space; nothing is copied, so a long line may be stripped many times."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def lines_of(text: str) -> list[Line]:
    """The lines that are not blank, by every line break that Python knows."""
    lines = []
    at, opens = 0, True
    for line in text.splitlines(keepends=True):
        start, end = stripped(text, at, at + len(line))
        at += len(line)
        if start < end:
            lines.append(Line(start, end, opens))
        opens = start >= end
    return lines
