"""The words of a question, where they stand, and where those of a name are found again.

>>> question = Question("List the cost of each treatment.")
>>> question.find(["treatment cost"])
[Span(start=9, end=31)]

Words are compared by their stems (Snowball's, Porter 2), so `nationalities` finds `nationality`; small words between
them, and their order, do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import snowballstemmer

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_SMALL = frozenset(
    {
        *("a", "an", "the", "all", "each", "every", "her", "his", "its", "their", "s"),
        *("and", "of", "for", "in", "amount", "number"),
    }
)
_LONGEST = 7
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Span(NamedTuple):
    """Characters `start` to `end` (exclusive) of a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The text that stands there."""
        return text[self.start : self.end]


class Word(NamedTuple):
    """A word, where it stands, and its stem."""

    text: str
    span: Span
    stem: str


class Question:
    """A question with its words."""

    def __init__(self, text: str) -> None:
        """Split a question into words."""
        self.text = text
        self.words = [
            Word(match.group(), Span(*match.span()), stem(match.group().lower())) for match in _WORD.finditer(text)
        ]

    def find(self, names: Iterable[str], *, turned: bool = True) -> list[Span]:
        """Where one of the names is said, in order; where two overlap, the longer one.

        Args:
            names: each in a few words, e.g. `treatment cost`.
            turned: whether `cost of treatment` is that, too.
        """
        names = list(names)
        wanted = {frozenset(content(name)) for name in names} - {frozenset()}
        of = {frozenset(content(name)) for name in names if " of " in name}
        found: list[Span] = []
        for size in range(min(_LONGEST, len(self.words)), 0, -1):
            for first in range(len(self.words) - size + 1):
                window = self.words[first : first + size]
                if window[0].text.lower() in _SMALL or window[-1].text.lower() in _SMALL:
                    continue
                said = frozenset(_content(window))
                if said not in wanted or self._broken(window):
                    continue
                if not turned and said not in of and any(word.text.lower() in ("of", "for") for word in window):
                    continue
                span = Span(window[0].span.start, window[-1].span.end)
                if not any(span.start < other.end and other.start < span.end for other in found):
                    found.append(span)
        return sorted(found)

    def _broken(self, window: Sequence[Word]) -> bool:
        """Whether a sign stands between the words."""
        return bool(re.search(r"[,.;:?!()]", self.text[window[0].span.start : window[-1].span.end].strip(".")))


@cache
def stem(word: str) -> str:
    """The stem of a lower-case word."""
    stemmed: str = snowballstemmer.stemmer("english").stemWord(word)
    return stemmed


def content(name: str) -> list[str]:
    """The stems of a name's words but the small ones; all, where there are only small ones."""
    return _content(Question(name).words)


def _content(words: Sequence[Word]) -> list[str]:
    return [word.stem for word in words if word.text.lower() not in _SMALL] or [word.stem for word in words]


def plural(noun: str) -> str:
    """The plural of an English noun phrase that has a regular one; people, men and what ends in s is one."""
    if re.search(r"(?:s|people|men|children)$", noun):
        return noun
    if re.search(r"(?:[xz]|ch|sh)$", noun):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if re.search(r"[^aeiou]y$", noun) else f"{noun}s"


def singular(noun: str) -> str:
    """The singular of an English noun phrase in a regular plural."""
    if noun.endswith("ies") and len(noun) > 4:
        return f"{noun[:-3]}y"
    if re.search(r"(?:[xz]|ch|sh|ss)es$", noun):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not re.search(r"(?:ss|us|is)$", noun) else noun


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
