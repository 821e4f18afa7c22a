"""MultiWOZ's domains and slots: the canonical names, and what else the editions call them.

Canonical are MultiWOZ 2.2's names without the domain (`pricerange`, `arriveby`, `bookday`). Native names are MultiWOZ
2.1's, which differ by place: `leaveAt` in a state, `Leave` in an act, `car type` in a goal.

    canonical_slot("hotel", "Day", "act") == "bookday"
    native_slot("hotel", "bookday", "act") == "Day"
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

Place: TypeAlias = Literal["semi", "book", "act", "request"]
"""Where a name stands: the two halves of a 2.1 state (and of a goal), an act or span, a goal's requested slots."""

GOAL_DOMAINS = ("attraction", "hospital", "hotel", "police", "restaurant", "taxi", "train")
DOMAINS = (*GOAL_DOMAINS, "bus")
ACT_DOMAINS = frozenset((*DOMAINS, "booking", "general"))

STATE_SLOTS: dict[str, tuple[str, ...]] = {
    "attraction": ("area", "name", "type"),
    "bus": ("day", "departure", "destination", "leaveat"),
    "hospital": ("department",),
    "hotel": (
        "area",
        "bookday",
        "bookpeople",
        "bookstay",
        "internet",
        "name",
        "parking",
        "pricerange",
        "stars",
        "type",
    ),
    "police": (),
    "restaurant": ("area", "bookday", "bookpeople", "booktime", "food", "name", "pricerange"),
    "taxi": ("arriveby", "departure", "destination", "leaveat"),
    "train": ("arriveby", "bookpeople", "day", "departure", "destination", "leaveat"),
}
"""The 35 slots of a belief state in MultiWOZ 2.2."""

PLACEHOLDERS = (
    "address",
    "area",
    "arriveby",
    "bookday",
    "bookpeople",
    "bookstay",
    "booktime",
    "choice",
    "day",
    "department",
    "departure",
    "destination",
    "duration",
    "entrancefee",
    "food",
    "leaveat",
    "name",
    "openhours",
    "phone",
    "postcode",
    "price",
    "pricerange",
    "ref",
    "stars",
    "trainid",
    "type",
)
"""The 26 slots whose values are replaced by `[slot]` in a delexicalised response (SimpleToD, spec §1.8)."""

BOOKED_UNTRACKED = {
    "taxi": frozenset({"phone", "type"}),
    "train": frozenset({"trainid", "reference"}),
    "hotel": frozenset({"reference"}),
    "restaurant": frozenset({"reference"}),
    "hospital": frozenset({"reference", "time"}),
}
"""Keys of a booking that no state slot tracks, so that they stay text in the 2.2-converted layout."""

_DONTCARE = frozenset(
    {
        "dontcare",
        "dont care",
        "don't care",
        "do n't care",
        "do not care",
        "doesn't care",
        "doesnt care",
        "does not care",
        "don't mind",
        "dontcare.",
    }
)
_BLANK = frozenset({"", "not mentioned", "none", "not given"})

_BOOKING_SLOTS = frozenset({"day", "people", "stay", "time"})

_BY_ACT_NAME = {
    "addr": "address",
    "arrive": "arriveby",
    "car": "type",
    "depart": "departure",
    "dest": "destination",
    "fee": "entrancefee",
    "id": "trainid",
    "leave": "leaveat",
    "open": "openhours",
    "people": "bookpeople",
    "post": "postcode",
    "price": "pricerange",
    "stay": "bookstay",
    "ticket": "price",
    "cartype": "type",
    "reference": "ref",
    "arrive by": "arriveby",
}
_BY_DOMAIN_AND_ACT_NAME = {
    ("hotel", "day"): "bookday",
    ("restaurant", "day"): "bookday",
    ("booking", "day"): "bookday",
    ("hotel", "time"): "booktime",
    ("restaurant", "time"): "booktime",
    ("booking", "time"): "booktime",
    ("train", "time"): "duration",
    ("train", "price"): "price",
    ("bus", "price"): "price",
    ("taxi", "price"): "price",
}

_ACT_NAMES = {canonical: name.capitalize() for name, canonical in _BY_ACT_NAME.items() if " " not in name}
_ACT_NAMES |= {"type": "Type", "ref": "Ref", "bookday": "Day", "booktime": "Time", "duration": "Time"}
_ACT_NAMES_OF_DOMAIN = {("taxi", "type"): "Car"}
_REQUEST_NAMES = {"entrancefee": "entrance fee", "trainid": "trainID", "arriveby": "arriveBy", "leaveat": "leaveAt"}
_STATE_NAMES = {"arriveby": "arriveBy", "leaveat": "leaveAt"}


@lru_cache(maxsize=4096)
def canonical_slot(domain: str, name: str, place: Place) -> str:
    """The canonical name of a slot that a corpus calls `name`; unknown names come back lower-case and joined."""
    lower = name.lower()
    joined = lower.replace(" ", "").replace("_", "")
    if place == "book":
        return f"book{joined}" if joined in _BOOKING_SLOTS or joined == "ticket" else joined
    if place == "act" and name.islower():
        # 2.2's acts use canonical names, so that its `price` is no price range.
        return joined if joined in ("price", "day") else _BY_ACT_NAME.get(joined, joined)
    if place == "act":
        return _BY_DOMAIN_AND_ACT_NAME.get((domain, joined)) or _BY_ACT_NAME.get(joined, joined)
    if place == "request":
        return {"cartype": "type", "reference": "ref", "id": "trainid"}.get(joined, joined)
    return joined


@lru_cache(maxsize=4096)
def native_slot(domain: str, slot: str, place: Place) -> str:
    """The name that MultiWOZ 2.1 gives a canonical slot at a place; the inverse of `canonical_slot`."""
    if place == "act":
        return _ACT_NAMES_OF_DOMAIN.get((domain, slot)) or _ACT_NAMES.get(slot, slot.capitalize())
    if place == "request":
        return "car type" if (domain, slot) == ("taxi", "type") else _REQUEST_NAMES.get(slot, slot)
    if place == "book":
        return slot.removeprefix("book")
    return _STATE_NAMES.get(slot, slot)


def values_of(native: object) -> list[str]:
    """The acceptable alternatives that a state's value names; none for a blank one.

    Text may hold alternatives as `a|b`; a list holds them as its elements. Every spelling of "don't care" becomes
    `dontcare`.

    Raises:
        TypeError: it is neither text, a number, null, nor a list of these.
    """
    if isinstance(native, str):
        if native in _BLANK:
            return []
        parts = native.split("|") if "|" in native else (native,)
    elif isinstance(native, list):
        parts = [_as_text(part) for part in native]
    else:
        parts = (_as_text(native),)
    return [value for part in parts if (value := _value(part))]


def is_dontcare(value: str) -> bool:
    """Whether a value says that the user does not care."""
    return value.strip().lower() in _DONTCARE


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"expected text or a list of texts, found {type(value).__name__}")


def _value(text: str) -> str:
    stripped = text.strip()
    lower = stripped.lower()
    if lower in _BLANK:
        return ""
    return "dontcare" if lower in _DONTCARE else stripped
