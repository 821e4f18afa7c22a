"""The classes of placeholders, in which all styles of delexicalisation meet.

Systems write `[name]`, `[restaurant_name]` or `[value_name]`; the evaluator reads NAME in all of them. The grouping is
the public evaluator's (spec/tod.md §5.1).

    placeholder_class("restaurant_postcode") == "POST"
"""

from __future__ import annotations

_TOP = ("attraction", "hospital", "hotel", "police", "restaurant", "value")


def _with(prefixes: tuple[str, ...], *slots: str) -> set[str]:
    return {f"{prefix}_{slot}" for prefix in prefixes for slot in slots} | set(slots)


_CLASSES: dict[str, set[str]] = {
    "ADDRESS": _with(_TOP, "address"),
    "AREA": _with(("value", "attraction", "restaurant", "hotel"), "area"),
    "TIME": {"booktime", "arrive by", "leave at", "value_time", "time", "value_arrive", "value_leave"}
    | {"value_duration", "train_duration", "duration", "train_leave", "train_arrive"}
    | _with(("train", "taxi"), "arriveby", "leaveat"),
    "DAY": _with(("value", "train"), "day") | {"bookday"},
    "PLACE": _with(("value", "train", "taxi"), "destination", "departure") | {"value_place"},
    "FOOD": _with(("value", "restaurant"), "food"),
    "NAME": _with(_TOP, "name"),
    "PHONE": _with((*_TOP, "taxi"), "phone"),
    "POST": _with(_TOP, "postcode"),
    "PRICE": _with(("value", "restaurant", "hotel", "attraction"), "pricerange")
    | _with(("value", "train", "attraction"), "price")
    | {"entrancefee", "entrance fee", "attraction_entrancefee", "price range"},
    "REFERENCE": _with(("attraction", "hotel", "restaurant", "train", "value"), "reference") | {"ref"},
    "COUNT": _with(("value", "hotel"), "stars")
    | _with(("value",), "stay", "people")
    | _with(("value", "attraction", "hotel", "restaurant", "train"), "choice")
    | {"bookstay", "bookpeople", "value_count"},
    "TYPE": _with(("value", "taxi"), "type", "car") | {"restaurant_type", "hotel_type", "attraction_type"},
    "TRAINID": {"trainid", "train_id", "train_trainid", "value_id", "id", "train"},
    "INTERNET": {"internet", "hotel_internet"},
    "PARKING": {"parking", "hotel_parking"},
    "ID": {"hospital_id", "attraction_id", "restaurant_id"},
    "DEPARTMENT": _with(("value", "hospital"), "department"),
    "OPEN": {"openhours"},
}
_CLASS_OF = {name: each for each, names in _CLASSES.items() for name in names}

VENUE_CLASSES = {"restaurant": "NAME", "hotel": "NAME", "attraction": "NAME", "train": "TRAINID"}
"""Domain with a database -> the class whose mention offers one of its venues."""

REQUESTABLE = ("PHONE", "ADDRESS", "POST", "REFERENCE", "TRAINID")
"""The classes that a user may ask for, as far as success looks."""

MENTIONS = ("NAME", *REQUESTABLE)


def placeholder_class(name: str) -> str | None:
    """The class of a placeholder's name (lower case, without brackets); None for an unknown one."""
    return _CLASS_OF.get(name)
