"""What a message and its conversation are about: the subject, its details, facts and claims, and who is named.

Slots of the phrases: `topic` (a singular noun phrase, as the user says it), `detail` (likewise), `fact` and `claim`
(clauses), `feeling`, `person` (in a subject: somebody it is about; elsewhere: a friend), `place`, `brand`, `show`,
`team`, `dish`, `hobby`, `n` (a small number), `day`.

    >>> cast = draw_cast(random.Random(2), names(7, "train"), load_voice("train"), "pet", "pos")
    >>> cast.topic
    "my hamster's great escape"
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from duologue.corpora.worlds.names import Names, title, word_lists
from duologue.corpora.worlds.seeds.phrases import pools
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PLACE_ENDS = ("", "", "ford", "ham", "ton", "wick", "stead", "by", " Vale", " Green", " Cross", " Falls")
_BRAND_ENDS = ("", "", "o", "ex", "-Mart", " Brothers", " Foods", "tec", " and Sons", " Air")
_TEAM_ENDS = ("Rovers", "Tigers", "United", "Wanderers", "Falcons", "Athletic")
_YOURS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "our": "your", "ours": "yours", "we": "you", "us": "you",
    "your": "my", "yours": "mine", "you": "me",
}  # fmt: skip
_PERSON = re.compile(r"\b(" + "|".join(_YOURS) + r")\b", re.IGNORECASE)
_AFTER_NOUN = re.compile(r"(?<=\w) (?:in|near|from|with|at|against|to|for|about|by|through|on|over|after|behind) .*$")
_SHORT_SHARE = 0.6


@lru_cache(maxsize=8)
def names(seed: int, split: Split) -> Names:
    """The invented names of a seed's split, made once."""
    return Names(seed, split)


@dataclass(frozen=True)
class Cast:
    """What is spoken of.

    Attributes:
        kind: the kind of subject. tone: neg, pos or claim. topic: as the user says it.
        details, facts, claims: the first of each is what the message takes up.
        feeling: the user's. friend, place: names.
        slots: every simple slot's value.
    """

    kind: str
    tone: str
    topic: str
    details: list[str]
    facts: list[str]
    claims: list[str]
    feeling: str
    friend: str
    place: str
    slots: dict[str, str]

    def values(self, rng: random.Random) -> dict[str, str]:
        """Values for what the user says: the details, facts and claims of the message come up again most often."""
        return self.slots | {
            "topic": self.named(rng),
            "feeling": self.feeling,
            "person": self.friend,
            "place": self.place,
            **{
                slot: rng.choices(own, [4, *[2] * (len(own) - 1)])[0]
                for slot, own in (("detail", self.details), ("fact", self.facts), ("claim", self.claims))
            },
        }

    def named(self, rng: random.Random) -> str:
        """The topic as one speaks of it once it is known: in full or short."""
        return shortened(self.topic) if rng.random() < _SHORT_SHARE else self.topic

    def heard(self, rng: random.Random) -> dict[str, str]:
        """Values for what SocBot says of the same things."""
        return {
            "topic": turned(self.named(rng)),
            "feeling": self.feeling,
            "person": self.friend,
            "place": self.place,
            "detail": turned(self.details[0]),
            "claim": self.claims[0],
        }


def turned(words: str) -> str:
    """Say a noun phrase from the other side: "my dog" -> "your dog"."""
    return _PERSON.sub(lambda match: _YOURS[match[0].lower()], words)


def shortened(topic: str) -> str:
    """A noun phrase without what follows its noun: "the closed road near Velka" -> "the closed road"."""
    return _AFTER_NOUN.sub("", topic)


def draw_cast(rng: random.Random, known: Names, voice: Voice, kind: str, tone: str) -> Cast:
    """Draw the subject of a kind and everything around it.

    Args:
        rng: the source of chance.
        known: the names to draw from.
        voice: the phrases to draw from.
        kind: the kind of subject, e.g. `pet`.
        tone: its tone: neg, pos or claim.
    """
    lists = word_lists()
    person, friend = rng.sample(known.people["they"], 2)
    slots = {
        "person": person,
        "place": title(rng.choice(known.words)) + rng.choice(_PLACE_ENDS),
        "brand": title(rng.choice(known.words)) + rng.choice(_BRAND_ENDS),
        "show": "The " + title(rng.choice(known.pairs)),
        "team": f"{title(rng.choice(known.words))} {rng.choice(_TEAM_ENDS)}",
        "dish": rng.choice([dish for dish in lists["dishes"] if not dish.endswith("s")]),
        "hobby": rng.choice(lists["hobbies"]),
    }

    def some(pool: str, count: int, topic: str = "") -> list[str]:
        used: set[str] = set()
        drawn = []
        for _ in range(count):
            values = slots | {"topic": topic, "n": str(rng.randrange(2, 13)), "day": rng.choice(_DAYS)}
            text = voice.pick(rng, pool, values, used=used).text
            names_first = text.startswith(tuple(values[slot] for slot in ("person", "place", "brand", "show", "team")))
            drawn.append(text if names_first or text.startswith("I ") else text[0].lower() + text[1:])
        return drawn

    topic = some(f"{kind}.topic", 1)[0]
    generic = tone == "claim" or rng.random() < 0.4
    own = some(f"{kind}.claim", 1, topic)
    claims = own if generic else some(f"{tone}.claim", 1, topic)
    return Cast(
        kind=kind,
        tone=tone,
        topic=topic,
        details=some(f"{kind}.detail", 3),
        facts=some(f"{kind}.fact", 3),
        claims=[*claims, *some(f"{kind}.claim", 1, topic)],
        feeling=rng.choice(_feelings(tone)),
        friend=friend,
        place=slots["place"],
        slots=slots,
    )


@lru_cache(maxsize=4)
def _feelings(tone: str) -> list[str]:
    return pools()[f"feeling.{tone}"][0].split(", ")


def kinds(tone: str) -> list[str]:
    """The kinds of subject of a tone."""
    return [line.split()[0] for line in pools()["kinds"] if line.split()[1] == tone]


def days(rng: random.Random) -> dict[str, str]:
    """A fresh number and day, for a phrase that names them."""
    return {"n": str(rng.randrange(2, 13)), "day": rng.choice(_DAYS)}
