"""Who is in a story, and what its phrases are filled with.

>>> cast = Cast(random.Random(1), names(7, "train"), load_voice("train"))
>>> cast.person("she").name
'Velka'
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from duologue.corpora.worlds.names import Names, title, word_lists
from duologue.corpora.worlds.voice import Voice

Pronoun = Literal["she", "he"]
_FORMS: dict[Pronoun, dict[str, str]] = {
    "she": {"she": "she", "her": "her", "her2": "her"},
    "he": {"she": "he", "her": "his", "her2": "him"},
}
_TOWNS = ("", "", "ford", "ham", "ton", "wick", "by", " Vale", " Green")
_POOLS = ("thing", "things", "animal", "plant", "plants", "place", "topic", "colour", "relative", "n", "weather",
          "season", "water", "event", "through")  # fmt: skip


class Person(NamedTuple):
    """Somebody: name, pronoun, and what they do for a living."""

    name: str
    pronoun: Pronoun
    job: str

    @property
    def slots(self) -> dict[str, str]:
        """What the phrases about a person are filled with."""
        return {"name": self.name, "job": f"a {self.job}", **_FORMS[self.pronoun]}


class Cast:
    """Draws people and things, nothing twice.

    Args:
        rng: the source of chance.
        names: the names to draw from.
        voice: the phrases to draw from.
    """

    def __init__(self, rng: random.Random, names: Names, voice: Voice) -> None:
        self.rng, self.names, self.voice = rng, names, voice
        self.town = self._town()
        self._taken: set[str] = {self.town}

    def person(self, pronoun: Pronoun, job: str | None = None) -> Person:
        """Somebody whom the story does not have yet; with a job of their own where none is given."""
        job = job if job is not None else self.new(word_lists()["jobs"])
        return Person(self.new(self.names.people[pronoun]), pronoun, job)

    def new(self, options: Sequence[str]) -> str:
        """Something that was not drawn before."""
        left = [option for option in options if option not in self._taken] or list(options)
        drawn = self.rng.choice(left)
        self._taken.add(drawn)
        return drawn

    def values(self) -> dict[str, str]:
        """A value for every slot but those of people, each drawn anew."""
        known = word_lists()
        drawn = {pool: self.rng.choice(self.voice.phrases[pool]) for pool in _POOLS}
        return drawn | {
            "dish": self.rng.choice(known["dishes"]),
            "town": self.town,
            "town2": self._town(),
            "nick": title(self.rng.choice(self.names.words)),
            "person": title(self.rng.choice(self.names.words)) + " " + title(self.rng.choice(self.names.words)),
        }

    def _town(self) -> str:
        return title(self.rng.choice(self.names.words)) + self.rng.choice(_TOWNS)
