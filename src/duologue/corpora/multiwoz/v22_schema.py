"""MultiWOZ 2.2's schema: services, their slots and intents, in the layout of `schema.json`.

[service["service_name"] for service in schema()]
"""

from __future__ import annotations

from typing import Any

_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_AREAS = ["centre", "east", "north", "south", "west"]
_PRICES = ["expensive", "cheap", "moderate"]
_PEOPLE = [str(number) for number in range(1, 9)]
_OPTIONAL = ["free", "no", "yes"]

_CATEGORICAL: dict[str, dict[str, list[str]]] = {
    "attraction": {"area": _AREAS, "type": []},
    "bus": {"day": _DAYS},
    "hospital": {},
    "hotel": {
        "area": _AREAS,
        "bookday": _DAYS,
        "bookpeople": _PEOPLE,
        "bookstay": _PEOPLE,
        "internet": _OPTIONAL,
        "parking": _OPTIONAL,
        "pricerange": _PRICES,
        "stars": ["0", "1", "2", "3", "4", "5"],
        "type": ["guesthouse", "hotel"],
    },
    "police": {"name": []},
    "restaurant": {"area": _AREAS, "bookday": _DAYS, "bookpeople": _PEOPLE, "pricerange": _PRICES},
    "taxi": {},
    "train": {"bookpeople": [str(number) for number in range(16)], "day": _DAYS, "departure": [], "destination": []},
}
"""Categorical slots; an empty list where the values are too many to list here."""

_FREE: dict[str, tuple[str, ...]] = {
    "attraction": ("name", "entrancefee", "openhours", "address", "phone", "postcode"),
    "bus": ("departure", "destination", "leaveat"),
    "hospital": ("department", "address", "phone", "postcode"),
    "hotel": ("name", "address", "phone", "postcode", "ref"),
    "police": ("address", "phone", "postcode"),
    "restaurant": ("food", "name", "booktime", "address", "phone", "postcode", "ref"),
    "taxi": ("leaveat", "destination", "departure", "arriveby", "type", "phone"),
    "train": ("arriveby", "leaveat", "trainid", "ref", "price", "duration"),
}

_INTENTS: dict[str, tuple[str, ...]] = {
    "attraction": ("find_attraction",),
    "bus": ("find_bus",),
    "hospital": ("find_hospital",),
    "hotel": ("find_hotel", "book_hotel"),
    "police": ("police",),
    "restaurant": ("find_restaurant", "book_restaurant"),
    "taxi": ("book_taxi",),
    "train": ("find_train", "book_train"),
}


def schema() -> list[dict[str, Any]]:
    """The schema: 8 services and 61 slots."""
    return [
        {
            "service_name": service,
            "description": "",
            "slots": [_slot(service, slot, values) for slot, values in _CATEGORICAL[service].items()]
            + [_slot(service, slot, None) for slot in _FREE[service]],
            "intents": [{"name": intent, "description": ""} for intent in _INTENTS[service]],
        }
        for service in _CATEGORICAL
    ]


def _slot(service: str, slot: str, values: list[str] | None) -> dict[str, Any]:
    categorical = values is not None
    return {
        "name": f"{service}-{slot}",
        "description": "",
        "is_categorical": categorical,
        "possible_values": values or [],
    }
