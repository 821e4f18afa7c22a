"""How values are said: prices as adjectives, types as nouns, names in capitals, small numbers as words.

>>> price_words("moderate")
('moderately priced', 'moderate')
"""

from __future__ import annotations

import random
from typing import Any

from duologue.corpora.worlds.names import title
from duologue.corpora.worlds.tod.moves import ACT_DOMAIN, ACT_SLOT
from duologue.corpora.worlds.tod.phrasing import Value

_TYPES = {
    "swimmingpool": ("swimming pool",), "concerthall": ("concert hall",), "nightclub": ("nightclub", "night club"),
    "guesthouse": ("guesthouse", "guest house"),
}  # fmt: skip
_UNCOUNTABLE = {"architecture": "attraction", "entertainment": "venue", "boat": "trip"}
_NUMBERS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight"}
_NAMED = frozenset(("name", "departure", "destination", "address"))


def price_words(value: str) -> tuple[str, ...]:
    """Give the adjectives for a price range."""
    return ("moderately priced", "moderate") if value == "moderate" else (value,)


class Wording:
    """One speaker's way to say values.

    Args:
        rng: source of choices. proper: whether names get capitals. words: share of small numbers written as
            words.
    """

    def __init__(self, rng: random.Random, proper: bool = True, words: float = 0.3) -> None:
        self.rng, self.proper, self.words = rng, proper, words

    def values(self, domain: str, values: dict[str, str], act: str = "Inform") -> dict[str, Any]:
        """Give template values for slots, and the plain helper words that go with them."""
        name = f"{ACT_DOMAIN[domain]}-{act}" if act not in ("Book", "NoBook") else f"Booking-{act}"
        if act == "OfferBooked":
            name = "Train-OfferBooked"
        out: dict[str, Any] = {}
        for slot, value in values.items():
            said = self.said(slot, value)
            key = "id" if slot == "trainID" else "fee" if slot == "entrance fee" else slot
            act_slot = ACT_SLOT.get(slot, slot)
            out[key] = Value(name, act_slot, value, said)
            if slot == "pricerange":
                out["price"] = Value(name, act_slot, value, self.rng.choice(price_words(value)))
            elif slot == "type" and value in _UNCOUNTABLE:
                out["type"] = [(("", "bare", " " + _UNCOUNTABLE[value]), {"bare": out["type"]})]
            elif slot == "people":
                out["persons"] = "person" if value == "1" else "people"
                out["tickets"] = "ticket" if value == "1" else "tickets"
            elif slot == "stars":
                out["starword"] = "star" if value == "1" else "stars"
            elif slot == "stay":
                out["nights"] = "night" if value == "1" else "nights"
        return out

    def said(self, slot: str, value: str) -> str:
        """Give the words for a value."""
        if slot in _NAMED:
            return title(value) if self.proper else value
        if slot in ("food", "day"):
            return value.title() if self.proper else value
        if slot in ("people", "stay", "stars") and value in _NUMBERS and self.rng.random() < self.words:
            return _NUMBERS[value]
        if slot == "type":
            return self.rng.choice(_TYPES.get(value, (value,)))
        return value
