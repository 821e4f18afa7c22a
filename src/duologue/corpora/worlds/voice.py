"""What a world's speakers say: phrases ready to draw from, their slots filled, and the words one may take up.

`<...>` in a phrase marks the words that the other party may take up; the other marks are told in `phrases.py`.

    >>> voice = Voice({"venting.open": ["here is an open ear, tell me about <{topic}>."]})
    >>> voice.pick(random.Random(1), "venting.open", {"topic": "the late bus"})
    Line(text='Here is an open ear, tell me about the late bus.', mark='the late bus')
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from duologue.corpora.worlds.phrases import Variant, expand

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


def fill(variant: Variant, values: Mapping[str, str]) -> Line:
    """Put values into a phrase: articles and capital letters come right, the marked words are told apart."""
    text = "".join(values[part] if i % 2 else part for i, part in enumerate(variant))
    text = right_articles(text)
    found = _MARK.search(text)
    text = re.sub(r"[<>]", "", text)
    return Line(sentence_case(text), found[1] if found else "")


def right_articles(text: str) -> str:
    """Write "an" before a vowel: "a animal" -> "an animal", but "a uniform", "a usual one", "a one-man show"."""
    return re.sub(r"\b([Aa]) (?=<?(?!(?i:uni|us[eu]|one\b|eu))[aeiouAEIOU])", r"\1n ", text)


def sentence_case(text: str) -> str:
    """Begin every sentence with a capital letter."""
    return re.sub(r"(?:^|(?<=[.?!] ))[a-z]", lambda match: match[0].upper(), text)


class Voice:
    """Phrases ready to pick from.

    Args:
        phrases: pool -> phrases, those of one split.
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self.phrases = phrases
        self._variants = {name: [expand(phrase) for phrase in own] for name, own in phrases.items()}

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

        def fits(variant: Variant) -> bool:
            slots = {*variant[1::2]}
            known = said is None or all(values[slot].lower() in said for slot in slots - {"topic"})
            return known and all(values[slot] for slot in slots)

        fallback = None
        for _ in range(_TRIES):
            at = int(rng.random() * len(phrases))
            variant = rng.choice(phrases[at])
            if not fits(variant):
                continue
            fallback = at, variant
            if used is None or f"{pool} {at}" not in used:
                break
        if fallback is None:  # rare: few phrases fit
            every = ((at, variant) for at, variants in enumerate(phrases) for variant in variants)
            fallback = next((each for each in every if fits(each[1])), (at, variant))
        at, variant = fallback
        if used is not None:
            used.add(f"{pool} {at}")
        return fill(variant, values)
