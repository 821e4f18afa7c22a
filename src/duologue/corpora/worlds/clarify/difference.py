"""What an intent says that the user has not said yet, in pieces: names, times, and what remains.

>>> missing("How high was the fee at Velka Hill in 2019?", ["How high was the fee at Velka?"])
[Chunk(text='Velka Hill', kind='who'), Chunk(text='2019', kind='when')]
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from duologue.corpora.worlds.clarify.question import Subject

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_FUNCTION = frozenset(
    re.findall(
        r"\w+",
        "a about an the at in on of for from to by with and or is was were are did do does it this that there i you me "
        "my we yes no mean not as each all per one than over above more higher greater among what when where whose "
        "which together",
    )
)
_NO_NOUN = rf"(?! (?!(?:{'|'.join(sorted(_FUNCTION))}|after|before|during)\b)(?-i:[a-z]))"
"""What does not follow a part of the day that is a time: "night passengers" are none."""
_TIME_END = (
    rf"(?:(?:19|20)\d\d|(?:the )?(?:(?:morning|afternoon|evening|night){_NO_NOUN}|next day|day before|first day"
    r"|last day)|lunch|breakfast|supper|noon|midnight|sunset|sunrise|the rain|the storm|the service|the game|the fair)"
)
_TIME = re.compile(
    rf"(?:from (?:19|20)\d\d to (?:19|20)\d\d)|(?:\b(?:in|on|at|after|before|during) )?"
    rf"(?:\b(?:spring|autumn|summer|winter|January|June|July|December|May|October) (?:of )?)?\b{_TIME_END}\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[A-Z][\w'’-]*)(?: (?:of |and )?[A-Z][\w'’-]*)*")


class Chunk(NamedTuple):
    """Words of an intent, and whether they name somebody or some place, a time, or anything else."""

    text: str
    kind: Subject


def words(text: str) -> set[str]:
    """The words of a text in lower case that carry a meaning."""
    return {word.lower() for word in _WORD.findall(text)} - _FUNCTION


def missing(intent: str, said: Sequence[str], *, sentence: bool = True) -> list[Chunk]:
    """The pieces of an intent that the request (first of `said`) lacks and no reply after it gave.

    Args:
        intent: what is meant.
        said: the request, and replies after it.
        sentence: whether the intent is a sentence, whose first word has a capital for that alone.
    """
    request, known = said[0] if said else "", words(" ".join(said[1:]))
    theirs, own = [*_WORD.finditer(request)], [*_WORD.finditer(intent)]
    matcher = difflib.SequenceMatcher(None, [w[0].lower() for w in theirs], [w[0].lower() for w in own], autojunk=False)
    found: list[Chunk] = []
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag in ("insert", "replace"):
            start, end = _widened(own, start, end)
            found += chunks(intent[own[start].start() : own[end - 1].end()], first=sentence and start == 0)
    return [chunk for chunk in dict.fromkeys(found) if not words(chunk.text) <= known]


def chunks(text: str, *, first: bool = True) -> list[Chunk]:
    """A text in pieces; its first word is no name for its capital alone where it begins a sentence (`first`)."""
    found: list[tuple[int, Chunk]] = []
    rest = text
    for pattern, kind in ((_TIME, "when"), (_NAME, "who")):
        for match in [*pattern.finditer(rest)]:
            if kind == "who" and first and match.start() == 0 and " " not in match[0]:
                continue
            found.append((match.start(), Chunk(_trimmed(match[0], kind), "when" if kind == "when" else "who")))
            rest = rest[: match.start()] + "|" * len(match[0]) + rest[match.end() :]
    for match in re.finditer(r"[^|?!,.:;]+", rest):
        piece = _trimmed(match[0], "what")
        if words(piece):
            found.append((match.start(), Chunk(piece, "what")))
    return [chunk for _, chunk in sorted(found)]


def _widened(own: Sequence[re.Match[str]], start: int, end: int) -> tuple[int, int]:
    """A name whole ("Hill" to "Velka Hill"), an adjective with its noun ("winter fee"), a season with its year."""
    while start > 0 and _is_name(own, start) and _is_name(own, start - 1):
        start -= 1
    last = own[end - 1][0]
    if last.lower() not in _FUNCTION and last[0].islower():
        while _goes_on(own, end) and own[end][0][0].islower() and own[end][0].lower() not in _FUNCTION:
            end += 1
    return start, end + (_goes_on(own, end) and own[end][0].isdigit())


def _goes_on(own: Sequence[re.Match[str]], at: int) -> bool:
    """Whether a word follows the one before it without a comma or the like."""
    return at < len(own) and own[at].start() == own[at - 1].end() + 1


def _is_name(own: Sequence[re.Match[str]], at: int) -> bool:
    return at > 0 and own[at][0][0].isupper()


def _trimmed(text: str, kind: str) -> str:
    """Without function words at either end; a time of day keeps its preposition ("in the morning")."""
    if kind == "when":
        return re.sub(r"^(?:in|on|at) (?=.*\d)", "", text.strip())
    parts = text.split()
    while parts and _is_function(parts[0]):
        parts.pop(0)
    while parts and _is_function(parts[-1]):
        parts.pop()
    return " ".join(parts)


def _is_function(word: str) -> bool:
    return word.lower().strip("'’") in _FUNCTION
