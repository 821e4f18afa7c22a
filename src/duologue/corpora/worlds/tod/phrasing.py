"""The town's phrases, compiled once for each split, and the utterance they are put together in.

The pools lie in ``phrases/*.txt``, in the form that `worlds.phrases` reads.

    >>> voice = load_voice("train")
    >>> u = Utterance(random.Random(1))
    >>> u.say(voice.pick(u.rng, "frag.area"), {"area": Value("Hotel-Inform", "Area", "north", "north")})
    >>> u.acts
    {'Hotel-Inform': [['Area', 'north']]}
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from duologue.corpora.worlds.phrases import Variant, expand, partition, sections
from duologue.corpora.worlds.splits import SPLITS, Split


class Value(NamedTuple):
    """Something said that has an annotation: act, act slot, canonical value, and how it is said."""

    act: str
    slot: str
    value: str
    said: str


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """Read all pools of the package: name -> phrases in file order."""
    folder = files("duologue.corpora.worlds.tod").joinpath("phrases")
    found: dict[str, list[str]] = {}
    for name in ("user", "system", "chat", "situations"):
        for pool, phrases in sections(folder.joinpath(f"{name}.txt").read_text("utf-8")).items():
            found.setdefault(pool, []).extend(phrases)
    return found


class Voice:
    """The phrases of one split, ready to pick from.

    Args:
        split: whose phrases.
    """

    def __init__(self, split: Split) -> None:
        self.phrases = {name: partition(pool)[split] for name, pool in pools().items() if name != "kinds"}
        self._variants = {name: [expand(p) for p in own] for name, own in self.phrases.items()}

    def pick(self, rng: random.Random, pool: str) -> Variant:
        """Draw a phrase of the pool, then one of its variants."""
        phrases = self._variants[pool]
        variants = phrases[int(rng.random() * len(phrases))]
        return variants[int(rng.random() * len(variants))]


@lru_cache(maxsize=len(SPLITS))
def load_voice(split: Split) -> Voice:
    """Compile the pools of a split, once."""
    return Voice(split)


class Utterance:
    """A text in the making, with the acts and spans of what it says.

    Args:
        rng: source of the choices made while writing.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.chunks: list[str] = []
        self.acts: dict[str, list[list[str]]] = {}
        self._length = 0
        self._spans: list[tuple[str, str, int, int]] = []
        self._starts: list[int] = []
        self._value_chunks: set[int] = set()

    def act(self, act: str, slot: str = "none", value: str = "none") -> None:
        """Annotate an act, once."""
        pairs = self.acts.setdefault(act, [])
        if [slot, value] not in pairs:
            pairs.append([slot, value])

    def is_value(self, chunk: int) -> bool:
        """Say whether a chunk is an annotated value, not words of a phrase."""
        return chunk in self._value_chunks

    def _put(self, text: str) -> None:
        self.chunks.append(text)
        self._length += len(text)

    def say(self, variant: Variant, values: Mapping[str, Any] | None = None, sentence: bool = True) -> None:
        """Append a phrase after a space, its slots filled.

        A value may be a string, a `Value` (annotated where it stands), or a list of (variant, values) pairs
        rendered in
        place. A sentence is remembered, so that it can begin with a capital letter.
        """
        if self._length:
            goes_on = self.chunks[-1].endswith(",")
            self._put(" ")
        else:
            goes_on = False
        if sentence and not goes_on:
            self._starts.append(self._length)
        self._render(variant, values or {})

    def _render(self, variant: Variant, values: Mapping[str, Any]) -> None:
        for i, part in enumerate(variant):
            if not i % 2:
                if part:
                    self._put(part)
                continue
            value = values[part]
            if isinstance(value, Value):
                self._article(value.said)
                start = self._length
                self._value_chunks.add(len(self.chunks))
                self._put(value.said)
                self._spans.append((value.act, value.slot, start, self._length))
                self.act(value.act, value.slot, value.value)
            elif isinstance(value, str):
                self._article(value)
                if value:
                    self._put(value)
            else:
                for j, (inner, inner_values) in enumerate(value):
                    if j:
                        self._put(" ")
                    if inner[0]:
                        self._article(inner[0])
                    self._render(inner, inner_values)

    def _article(self, following: str) -> None:
        """Turn a final "a" into "an" before a vowel."""
        if self.chunks and following[:1].lower() in tuple("aeiou8") and following[:4].lower() not in ("uni", "one "):
            last = self.chunks[-1]
            if last == " " and len(self.chunks) > 1 and self.chunks[-2] in ("a", "A"):
                self.chunks[-2] += "n"
                self._length += 1
            elif last.endswith(" a ") or last in ("a ", "A "):
                self.chunks[-1] = last[:-1] + "n "
                self._length += 1

    def finish(self, lower: bool = False) -> tuple[str, list[list[Any]]]:
        """Give the text and its spans ``[act, slot, said, first token, last token]`` (inclusive, whitespace
        tokens).
        """
        text = "".join(self.chunks)
        if lower:
            text = text.lower()
        else:
            letters = list(text)
            for start in self._starts:
                letters[start : start + 1] = [c.upper() for c in letters[start : start + 1]]
            text = re.sub(r"(?<=[.?!] )[a-z]", lambda m: m[0].upper(), "".join(letters))
        spans: list[list[Any]] = []
        for act, slot, start, end in sorted(self._spans, key=lambda s: s[2]):
            said = text[start:end]
            first = text.count(" ", 0, start)
            spans.append([act, slot, said, first, first + said.count(" ")])
        return text, spans
