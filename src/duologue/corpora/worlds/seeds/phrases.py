"""Phrases of the world: pools by split, what is filled into them, and the words a line offers to be taken up.

A pool is a section `== name` of `phrases/*.txt`, one phrase a line; a disposition's pools lie in a file of their own,
`phrases/voices/<disposition>.txt`. `(a|b)` is a choice, `{slot}` a value, and `<...>` marks the words that the other
party may take up. A sixth of every pool is said in the test split only, a sixth in validation only.

    >>> voice = load_voice("test")
    >>> voice.pick(random.Random(1), "venting.open", {"topic": "the late bus", "feeling": "angry"}).text
    'Here is an open ear, tell me about the late bus.'
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from duologue.corpora.worlds.phrases import Variant, expand, partition, sections
from duologue.corpora.worlds.splits import SPLITS, Split

DISPOSITIONS = ("amiable", "analytical", "cynical", "emotive", "impatient", "passive", "sarcastic")
LISTS = ("kinds", "feeling.neg", "feeling.pos", "feeling.claim")
"""Pools that are no phrases and belong to every split."""

_MARK = re.compile(r"<([^<>]*)>")
_TRIES = 30


class Line(NamedTuple):
    """A phrase with its slots filled.

    Attributes:
        text: the line.
        mark: the words of it that the other party may take up; empty where it offers none.
    """

    text: str
    mark: str


def folder() -> Traversable:
    """The package's folder of phrases."""
    return files("duologue.corpora.worlds.seeds").joinpath("phrases")


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """All pools of the world; those of a disposition are named `disposition.function`."""
    found: dict[str, list[str]] = {}
    for name in ("messages", "wishes", "socbot", "plans"):
        found |= sections(folder().joinpath(f"{name}.txt").read_text("utf-8"))
    for name in DISPOSITIONS:
        own = sections(folder().joinpath(f"voices/{name}.txt").read_text("utf-8"))
        found |= {f"{name}.{function}": phrases for function, phrases in own.items()}
    return found


def fill(variant: Variant, values: Mapping[str, str]) -> Line:
    """Put values into a phrase: articles and capital letters come right, the marked words are told apart."""
    text = "".join(values[part] if i % 2 else part for i, part in enumerate(variant))
    text = re.sub(r"\b([Aa]) (?=<?[aeiouAEIOU](?!ni|ne\b))", r"\1n ", text)
    found = _MARK.search(text)
    text = re.sub(r"[<>]", "", text)
    return Line(sentence_case(text), found[1] if found else "")


def sentence_case(text: str) -> str:
    """Begin every sentence with a capital letter."""
    return re.sub(r"(?:^|(?<=[.?!] ))[a-z]", lambda match: match[0].upper(), text)


class Voice:
    """The phrases of one split, ready to pick from.

    Args:
        split: whose phrases.
    """

    def __init__(self, split: Split) -> None:
        self.phrases = {name: partition(own)[split] for name, own in pools().items() if name not in LISTS}
        self._variants = {name: [expand(phrase) for phrase in own] for name, own in self.phrases.items()}

    def pick(
        self,
        rng: random.Random,
        pool: str,
        values: Mapping[str, str],
        *,
        said: str | None = None,
        used: set[str] | None = None,
    ) -> Line:
        """Draw a phrase of a pool and fill it.

        Args:
            rng: the source of chance.
            pool: its name.
            values: what the slots become; phrases with an empty one are passed over.
            said: the conversation so far; phrases about things that it does not mention are passed over.
            used: phrases already spoken, which are passed over; what is drawn is added.
        """
        phrases = self._variants[pool]
        fallback = None
        for _ in range(_TRIES):
            at = int(rng.random() * len(phrases))
            variant = rng.choice(phrases[at])
            slots = {*variant[1::2]}
            if any(not values[slot] for slot in slots):
                continue
            if said is not None and any(values[slot].lower() not in said for slot in slots - {"topic"}):
                continue
            fallback = at, variant
            if used is None or f"{pool} {at}" not in used:
                break
        at, variant = fallback if fallback else (at, variant)
        if used is not None:
            used.add(f"{pool} {at}")
        return fill(variant, values)


@lru_cache(maxsize=len(SPLITS))
def load_voice(split: Split) -> Voice:
    """Compile the pools of a split, once."""
    return Voice(split)
