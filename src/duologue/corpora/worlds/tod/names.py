"""Invented names, disjoint between splits whatever the seed.

A model that has only memorised names fails on the test split, so every open value of the world (people, towns, venues,
foods, streets) is made of pseudo-words or word pairs, and each word belongs to exactly one split: a checksum of the word
decides which. Two seeds give two vocabularies, yet a test name of one seed is never a training name of another.

    >>> names = Names(seed=7, split="test")
    >>> names.split_of(names.words[0])
    'test'
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable
from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

_ONSETS = "b b br c ch cl d d dr f fl g gr h j k k l l m m n n p p pr qu r r s s sh sk st t t th tr v v w y z".split()
_VOWELS = "a a a a e e e e i i i o o o u u ai ea ee oo".split()
_CODAS = ["", "", "", "", "l", "m", "n", "n", "r", "r", "s", "t", "th", "rn", "nd", "sk", "ll", "st", "lm", "x", "ck"]
_PLACE_ENDS = ["", "", "", "ford", "ham", "ton", "wick", "mouth", "stead", "by", " vale", " green", " cross", " falls"]
_FOOD_ENDS = ["ese", "ian", "ish", "an", "i", "ic", "ean"]

WOMEN = (
    "alice anna beatrice bella charlotte chloe clara diana elena emily emma esther eva fiona grace hannah helen ida "
    "isabel jane jasmine josie julia karen laura leah linda lily lucy luna maggie maria martha maya megan mia mina "
    "molly nadia naomi nina nora olivia priya quinn rachel rebecca rosa ruby ruth sara sofia sophie stella susan tara "
    "tina valerie violet wendy yara zoe adele agnes angela barbara camille celia cora dora edith elsa flora gemma "
    "gloria ingrid irene judith lena mabel margaret monica morgan pamela paula rita sandra selma sheila tamara teresa "
    "ursula vera wanda "
).split()
MEN = (
    "amir arthur ben carlos daniel david edward eli eric ethan felix frank george harry henry isaac ivan jack james "
    "joel john kevin kofi leo liam louis lucas marco mark mateo michael nathan noah oliver omar oscar paul peter ravi "
    "robert ryan sam simon steven theo thomas tim tom victor walter william yusuf alan albert andre bruno cedric "
    "colin dennis ernest gavin hugo jonas keith lorenzo martin miles nigel norman pablo patrick philip roger roland "
    "sean tobias trevor vincent xavier "
).split()

ADJECTIVES = (
    "amber ancient blue brass bright broken bronze busy copper crooked crystal curious dancing dusty early emerald empty "
    "fallen flying frosted gentle gilded golden grand green grey happy hidden hollow honest hungry iron ivory jolly last "
    "laughing little lonely lost lucky marble merry misty noble old painted pale patient polished quiet red restless royal "
    "rusty salty scarlet secret silent silver singing sleeping smiling spotted sunny sweet tall thirsty tiny velvet "
    "wandering white wild winding winter wise wooden yellow young"
).split()
NOUNS = (
    "acorn anchor apple arrow badger barley barrel bear bell bird boat bridge bucket candle carriage cat cherry chimney "
    "clock cloud clover compass cook cottage crane crow crown deer dolphin door dove dragon duck eagle elm falcon feather "
    "fern fiddle fig fish flute fork fox frog garden gate goat goose hare harp hawk heron hill horse kettle key kite lamb "
    "lamp lantern leaf lemon lily lion lobster magpie maple meadow mill mirror moon mouse oak olive onion orchard otter owl "
    "oyster parrot peach pear pepper pheasant pigeon pine plum poppy pot rabbit raven ribbon river robin rose saddle sail "
    "salmon shell ship spoon squirrel stag star stone stove swan table tiger toad tower tulip turtle umbrella violin walnut "
    "whale wheel willow window wolf wren"
).split()


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
    """The vocabulary of one split of one town.

    The same pseudo-word serves a person, a street and a venue: a model must bind a value to its role, not learn that a word
    is a street.

    `people` are names by pronoun: invented ones are anybody's.

    Args:
        seed: the town's seed.
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
        self.pairs = of_split((f"{a} {n}" for a in ADJECTIVES for n in NOUNS), split)
        invented = self._rng.sample(self.words, size * 2 // 3)
        self.people: dict[str, list[str]] = {
            "she": [title(name) for name in of_split(WOMEN, split) + invented],
            "he": [title(name) for name in of_split(MEN, split) + invented],
            "they": [title(name) for name in of_split(WOMEN + MEN, split) + invented],
        }

    split_of = staticmethod(split_of)

    def _invent(self) -> str:
        rng = self._rng
        count = 2 if rng.random() < 0.72 else 3
        parts = [rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(count)]
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
