"""One reply of the supporter by a certain move, wherever the conversation is.

A reply follows its strategy in a sentence or two, takes up what the seeker said (names, places, what is hard), and
mostly says more: it begins with a word of listening, or ends with a question. Now and then a second move comes before
or after it, so that words alone do not tell a strategy.

    >>> reply(random.Random(1), load_voice("train"), case, Heard("…", "the exam on Friday", True, set()), "validate")
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from duologue.corpora.worlds.support.case import Case, known, other_side
from duologue.corpora.worlds.support.moves import GREETINGS, KINDS
from duologue.corpora.worlds.voice import Line, Voice

_LEAD, _TAIL, _SECOND = 0.45, 0.2, 0.3
_LIMIT = 260
_ALONE = ("clarify", "question", "chat", *GREETINGS)
"""Moves that ask or greet: nothing comes after them."""


class Heard(NamedTuple):
    """What the supporter knows when it speaks.

    Attributes:
        history: all that was said, in lower case.
        mark: what the seeker spoke of last, in the seeker's words; empty at the beginning.
        thought: whether the seeker told a dark thought.
        used: phrases that were spoken.
    """

    history: str
    mark: str
    thought: bool
    used: frozenset[str]


class Reply(NamedTuple):
    """A reply.

    Attributes:
        parts: sentences with the move of each.
        pool: the main one's pool of phrases.
        mark: what the seeker may take up.
        used: phrases that were spoken, these included.
    """

    parts: list[tuple[str, str]]
    pool: str
    mark: str
    used: set[str]

    @property
    def text(self) -> str:
        """All sentences."""
        return " ".join(text for _, text in self.parts)


def reply(
    rng: random.Random, voice: Voice, case: Case, heard: Heard, move: str, *, others: Sequence[str] = ()
) -> Reply:
    """Write a reply.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        case: what the conversation is about.
        heard: the conversation so far.
        move: what the reply does.
        others: moves that may come along with it.
    """
    used = set(heard.used)
    pool = f"{move}.{rng.choice(KINDS[move])}" if move in KINDS else move
    values = _values(rng, voice, case, heard)
    main = voice.pick(rng, pool, values, used=used)
    parts = [(move, main.text)]
    if move not in GREETINGS:
        second = rng.choice([each for each in others if each != move]) if others and rng.random() < _SECOND else None
        if second is not None and second not in _ALONE:
            more = voice.pick(rng, second, _values(rng, voice, case, heard), used=used).text
            parts.insert(rng.choice((0, 1)) if move not in _ALONE else 0, (second, more))
        elif rng.random() < _LEAD:
            lead = _beside(rng, voice, "lead", values, main)
            parts[0] = (move, f"{lead} {main.text}")
        if move not in _ALONE and len(parts) == 1 and rng.random() < _TAIL:
            parts[0] = (move, f"{parts[0][1]} {_beside(rng, voice, 'tail', values, main)}")
    if sum(len(text) for _, text in parts) > _LIMIT:
        parts = [(move, main.text)]
    return Reply(parts, pool, main.mark, used)


def _values(rng: random.Random, voice: Voice, case: Case, heard: Heard) -> dict[str, str]:
    """What the slots of the supporter's phrases become; what has not come up is empty."""
    slots = known(case.slots, heard.history)
    values = slots | {
        "topic": other_side(case.topic),
        "said": other_side(heard.mark),
        "feeling": rng.choice(case.feelings),
        "thought": other_side(case.thought) if heard.thought else "",
        "saying": case.thought if heard.thought else "",
        "fair": _clause(case.fairer, slots),
        "hobby": case.slots["hobby"],
        "show": case.slots["show"],
    }
    care = rng.sample(voice.phrases["treat"], 2)
    values |= {"care": care[0], "care2": care[1], "technique": rng.choice(voice.phrases["technique"])}
    for slot in ("fact", "strength", "own", "other", "step"):
        drawn = list(dict.fromkeys(voice.pick(rng, f"{case.problem}.{slot}", slots).text for _ in range(4)))
        values |= {slot + (str(at) if at > 1 else ""): _clause(text, slots) for at, text in enumerate(drawn[:2], 1)}
    return {"step2": ""} | values


def _clause(text: str, slots: dict[str, str]) -> str:
    """A phrase as part of a sentence."""
    named = any(value and text.startswith(value) for value in slots.values())
    return text if named or text.startswith(("I ", "I'")) else text[:1].lower() + text[1:]


def _beside(rng: random.Random, voice: Voice, pool: str, values: dict[str, str], main: Line) -> str:
    """A sentence beside the main one that does not name the same thing again."""
    named = {slot: "" for slot in ("said", "topic") if values[slot] and values[slot] in main.text}
    return voice.pick(rng, pool, values | named).text
