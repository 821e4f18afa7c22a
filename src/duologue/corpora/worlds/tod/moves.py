"""What user and system do in a turn, before it is put into words, and the belief state it leads to.

A `Move` is an intention such as "answer with the area" or "offer this venue"; speech turns moves into text and
acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from duologue.corpora.worlds.tod.town import Row

ACT_DOMAIN = {
    "restaurant": "Restaurant", "hotel": "Hotel", "attraction": "Attraction", "train": "Train", "taxi": "Taxi",
    "hospital": "Hospital", "police": "Police",
}  # fmt: skip
ACT_SLOT = {
    "area": "Area", "pricerange": "Price", "food": "Food", "name": "Name", "type": "Type", "stars": "Stars",
    "internet": "Internet", "parking": "Parking", "departure": "Depart", "destination": "Dest", "day": "Day",
    "leaveAt": "Leave", "arriveBy": "Arrive", "people": "People", "stay": "Stay", "time": "Time",
    "department": "Department", "phone": "Phone", "address": "Addr", "postcode": "Post", "entrance fee": "Fee",
    "duration": "Time", "price": "Ticket", "trainID": "Id", "car type": "Car", "ref": "Ref",
}  # fmt: skip
SEMI: dict[str, tuple[str, ...]] = {
    "taxi": ("leaveAt", "destination", "departure", "arriveBy"),
    "police": (),
    "restaurant": ("food", "pricerange", "name", "area"),
    "hospital": ("department",),
    "hotel": ("name", "area", "parking", "pricerange", "stars", "internet", "type"),
    "attraction": ("type", "name", "area"),
    "train": ("leaveAt", "destination", "day", "arriveBy", "departure"),
}
BOOK: dict[str, tuple[str, ...]] = {
    "taxi": (), "police": (), "restaurant": ("people", "day", "time"), "hospital": (),
    "hotel": ("people", "day", "stay"), "attraction": (), "train": ("people",),
}  # fmt: skip


@dataclass(frozen=True)
class Move:
    """One intention of a speaker.

    Attributes:
        kind: open, answer, more, change, correct, dontcare, choose, another, pick, details, book, request,
            affirm,
            thanks, finish, greet (user); ask, many, offer, select, nooffer, askbook, booked, nobook, tell,
            taxi, ...
            (system).
        values: constraints or booking details, in the order they are said.
        slots: what is asked for. rows: the venues or trains it is about. flag: a variation of the kind.
    """

    kind: str
    domain: str = ""
    values: dict[str, str] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    flag: str = ""
    count: int = 0


class Belief:
    """The belief state after the user turns so far, written as MultiWOZ 2.1 metadata."""

    def __init__(self) -> None:
        self.semi: dict[str, dict[str, str]] = {d: dict.fromkeys(slots, "") for d, slots in SEMI.items()}
        self.book: dict[str, dict[str, str]] = {d: dict.fromkeys(slots, "") for d, slots in BOOK.items()}
        self.booked: dict[str, list[dict[str, str]]] = {d: [] for d in SEMI}

    def update(self, moves: list[Move]) -> None:
        """Take in what the user has just said."""
        for move in moves:
            if not move.domain:
                continue
            semi = self.semi[move.domain]
            for slot, value in semi.items():
                if value == "":
                    semi[slot] = "not mentioned"
            if move.kind == "dontcare":
                for slot in move.slots:
                    semi[slot] = "dontcare"
            elif move.kind == "book":
                self.book[move.domain].update(move.values)
            else:
                semi.update(move.values)

    def wanted(self, domain: str) -> dict[str, str]:
        """Give the constraints of a domain that have a value."""
        return {k: v for k, v in self.semi[domain].items() if v not in ("", "not mentioned")}

    def metadata(self) -> dict[str, Any]:
        """Copy the state out in native layout."""
        return {
            d: {"book": {"booked": [dict(b) for b in self.booked[d]], **self.book[d]}, "semi": dict(semi)}
            for d, semi in self.semi.items()
        }
