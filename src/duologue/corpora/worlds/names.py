"""Invented names, disjoint between splits whatever the seed.

A model that has only memorised names fails on the test split, so every open value of a world (people, towns,
venues, foods, streets) is made of pseudo-words or word pairs, and each word belongs to exactly one split: a
checksum of the word decides which. Two seeds give two vocabularies, yet a test name of one seed is never a
training name of another.

    >>> names = Names(seed=7, split="test")
    >>> names.split_of(names.words[0])
    'test'
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from duologue.corpora.worlds.splits import Split

_CODAS = ["", "", "", "", "l", "m", "n", "n", "r", "r", "s", "t", "th", "rn", "nd", "sk", "ll", "st", "lm", "x", "ck"]
_PLACE_ENDS = ["", "", "", "ford", "ham", "ton", "wick", "mouth", "stead", "by", " vale", " green", " cross", " falls"]
_FOOD_ENDS = ["ese", "ian", "ish", "an", "i", "ic", "ean"]


@lru_cache(maxsize=1)
def word_lists() -> dict[str, list[str]]:
    """Read the package's word lists: first names, words of venue names, hobbies, dishes, jobs and so on."""
    lists: dict[str, list[str]] = {}
    text = files("duologue.corpora.worlds").joinpath("words.txt").read_text("utf-8")
    for section in text.split("\n== ")[1:]:
        name, _, words = section.partition("\n")
        lists[name.strip()] = [word for word in words.replace("\n", " ").replace(", ", ",").strip().split(",") if word]
    return lists


def split_of(word: str) -> Split:
    """Give the only split in which ``word`` may name something: seven in ten words are for training."""
    rank = zlib.crc32(word.encode()) % 20
    return "train" if rank < 14 else "val" if rank < 17 else "test"


def of_split(words: Iterable[str], split: Split) -> list[str]:
    """Keep the words that belong to ``split``, in their order."""
    return [word for word in words if split_of(word) == split]


def title(name: str) -> str:
    """Write a lower-case name the way people do: ``"crown of velka"`` -> ``"Crown of Velka"``."""
    return " ".join(w if w in ("and", "of", "by") else w[:1].upper() + w[1:] for w in name.split(" "))


class Names:
    """The vocabulary of one split of one world.

    The same pseudo-word serves a person, a street and a venue: a model must bind a value to its role, not learn that
    a word is a street.

    `people` are names by pronoun: invented ones are anybody's.

    Args:
        seed: the world's seed.
        split: whose words to draw.
        size: how many pseudo-words there are to draw from.
    """

    def __init__(self, seed: int, split: Split, size: int = 600) -> None:
        self.split = split
        self._rng = random.Random(f"names/{seed}/{split}")
        self._taken: set[str] = set()
        self.words: list[str] = []
        seen: set[str] = set()
        while len(self.words) < size:
            word = self._invent()
            if word not in seen and split_of(word) == split:
                seen.add(word)
                self.words.append(word)
        lists = word_lists()
        self.pairs = of_split((f"{a} {n}" for a in lists["adjectives"] for n in lists["nouns"]), split)
        invented = self._rng.sample(self.words, size * 2 // 3)
        self.people: dict[str, list[str]] = {
            "she": [title(name) for name in of_split(lists["women"], split) + invented],
            "he": [title(name) for name in of_split(lists["men"], split) + invented],
            "they": [title(name) for name in of_split(lists["women"] + lists["men"], split) + invented],
        }

    split_of = staticmethod(split_of)

    def _invent(self) -> str:
        rng, lists = self._rng, word_lists()
        count = 2 if rng.random() < 0.72 else 3
        parts = [rng.choice(lists["onsets"]) + rng.choice(lists["vowels"]) for _ in range(count)]
        if rng.random() < 0.25:
            parts[0] = rng.choice("aeiou") + parts[0][len(parts[0]) > 4 :]
        word = "".join(parts) + rng.choice(_CODAS)
        return word if 4 <= len(word) <= 9 else self._invent()

    def word(self) -> str:
        """Draw a word; words come back in other roles."""
        return self._rng.choice(self.words)

    def pair(self) -> str:
        """Draw two English words that no other split combines."""
        return self._rng.choice(self.pairs)

    def unique(self, make: list[str]) -> str:
        """Fill one of the patterns ``{w}``, ``{v}``, ``{p}`` with words until the name is new, and take it."""
        while True:
            name = self._rng.choice(make).format(w=self.word(), v=self.word(), p=self.pair())
            if name not in self._taken:
                self._taken.add(name)
                return name

    def place(self) -> str:
        """Invent a town that the world does not have yet."""
        return self.unique(["{w}" + end for end in _PLACE_ENDS])

    def food(self) -> str:
        """Invent a cuisine, now and then of two words."""
        stem = self.word().rstrip("aeiou") if self._rng.random() < 0.8 else self.word()
        before = self._rng.choice(["", "", "", "", "", "modern ", "north ", "old "])
        return before + stem + self._rng.choice(_FOOD_ENDS)

    def street(self) -> str:
        """Name a street; streets share their words with people and venues."""
        end = self._rng.choice(["road", "street", "lane", "avenue", "square", "passage", "gardens", "court"])
        return f"{self.word()} {end}"
