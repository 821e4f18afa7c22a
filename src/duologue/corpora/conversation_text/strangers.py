"""Labels that name neither side: when is `Narrator: …` a third speaker, and when is `Fact: …` part of a message?

A line's beginning counts as an unknown speaker's label when all of this holds:

- it has a colon followed by white space, or stands in brackets where the known labels do;
- its name has one to three words, each capitalised (any case in bold or in brackets), and does not introduce a
  remark (`Note:`, `PS:`, `Source:`, … and their kind never count);
- it is used as a label: it comes back after another speaker's message (`Myth: … Fact: … Myth: …` inside one message
  does not), or it names a part (`Narrator`, `Moderator`, `Person A`, …).

Before the first known label everything is preamble, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from duologue.corpora.conversation_text.directions import acts
from duologue.corpora.conversation_text.labels import Label

_PARTS = frozenset(
    ("narrator", "moderator", "assistant", "human", "bot", "chatbot", "interviewer", "bystander", "third party")
) | {f"{noun} {which}" for noun in ("person", "speaker") for which in ("a", "b", "1", "2")}
_REMARKS = """
note notes ps p.s p.s. pps edit update warning fact facts factcheck myth myths source sources link links url example
examples tip tips question questions answer answers reminder remember also yes no first second third step steps
conclusion summary quote translation disclaimer tl tldr breaking thread re rt via reason reasons result results problem
solution option options point points here spoiler hint news reality truth correction evidence verdict claim lesson turn
round exchange message title setting scene context topic pro pros con cons because so but and well ok okay look listen
see however meanwhile today tomorrow yesterday http https www
"""
_REMARK_WORDS = frozenset(_REMARKS.split())


class Candidate(NamedTuple):
    """A line that may begin with an unknown speaker's label, and how many known labels stand before it."""

    label: Label
    known_before: int


def looks_like_one(text: str, label: Label, *, bracketed: bool) -> bool:
    """Whether a label is of the form of a speaker's.

    Args:
        text: the whole text.
        label: found with `LabelReader.of_anyone`.
        bracketed: known labels in this text stand in brackets.
    """
    words = label.name.split()
    if words[0].casefold() in _REMARK_WORDS or words[-1].casefold() in _REMARK_WORDS or acts(label.name):
        return False
    in_brackets = label.form == "bracket"
    if in_brackets and not (bracketed or text[label.start : label.end].rstrip().endswith((":", "："))):
        return False
    if label.form not in ("colon", "bracket") or not label.spaced:
        return False
    return in_brackets or label.marked or not any(word[0].islower() for word in words)


def unknown_speakers(candidates: Iterable[Candidate], *, nobody_known: bool) -> list[str]:
    """The names that are used as speakers' labels, in order of appearance.

    Args:
        candidates: lines that look as if they began with one.
        nobody_known: the text has no known label at all; then a name that comes twice counts.
    """
    places: dict[str, list[int]] = {}
    for label, known_before in candidates:
        places.setdefault(label.name, []).append(known_before)
    return [
        name
        for name, before in places.items()
        if len(set(before)) > 1
        or (nobody_known and len(before) > 1)
        or (name.casefold() in _PARTS and (nobody_known or before[0] > 0))
    ]
