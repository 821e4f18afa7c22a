"""The belief state as SimpleToD text, and back.

Items are joined by `, `: per domain (alphabetical) first what is booked, `hotel book day monday`, then what is searched
for, `hotel area north` (spec/tod.md §1.8). Only the first acceptable value is written; `dontcare` is kept.

    render_belief({"hotel": {"area": ["north"], "bookday": ["monday"]}})     # "hotel book day monday, hotel area north"
    parse_belief("hotel book day monday, hotel area north").state
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from duologue.corpora.multiwoz.slots import STATE_SLOTS
from duologue.dialogue import BeliefState

_SERVICE = re.compile(r"[a-z]+_\d+")


class ParsedBelief(NamedTuple):
    """A belief state read from text, and how many items could not be read."""

    state: BeliefState
    malformed: int


def render_belief(state: BeliefState) -> str:
    """Write a belief state as SimpleToD's items; an empty state is an empty text."""
    items = []
    for domain in sorted(state):
        for slot in sorted(state[domain], key=lambda slot: (not _is_booking(slot), slot)):
            values = state[domain][slot]
            value = " ".join(values[0].lower().split()) if values else ""
            if value and value != "not mentioned":
                name = f"book {slot[4:]}" if _is_booking(slot) else slot
                items.append(f"{domain} {name} {value}".lower())
    return ", ".join(items)


def parse_belief(text: str, slots: Mapping[str, Collection[str]] = STATE_SLOTS) -> ParsedBelief:
    """Read SimpleToD's belief items; what is malformed is skipped and counted.

    A value may contain a comma: only a piece that begins with a known domain and one of its slots opens a new item, any
    other belongs to the value before it. A piece that looks like an item of an unknown domain (`foo area north`), or a
    known domain without a known slot or a value, is malformed. A service of the Schema-Guided Dialogue set
    (`restaurants_2`) is told by its shape and has slots of any name; the case of its name is not in the text.

    Args:
        text: what stands between the belief markers.
        slots: the known domains and their slots.
    """
    every_slot = {slot for names in slots.values() for slot in names}
    state: BeliefState = {}
    place: tuple[str, str] | None = None
    malformed = 0
    for piece in text.split(","):
        words = piece.split()
        if not words:
            continue
        slot, value = _slot_and_value(words)
        service = _SERVICE.fullmatch(words[0]) is not None
        if value and (service or (words[0] in slots and slot in slots[words[0]])):
            place = (words[0], slot)
            state.setdefault(words[0], {})[slot] = [value]
        elif place is None or service or words[0] in slots or (slot in every_slot and value):
            malformed += 1
            place = None
        else:
            domain, slot = place
            state[domain][slot] = [f"{state[domain][slot][0]}, {' '.join(words)}"]
    return ParsedBelief(state, malformed)


def _slot_and_value(words: list[str]) -> tuple[str, str]:
    """The slot and the value of an item's words, its domain first; empty where they are missing."""
    if len(words) > 2 and words[1] == "book":
        return f"book{words[2]}", " ".join(words[3:])
    return (words[1] if len(words) > 1 else ""), " ".join(words[2:])


def _is_booking(slot: str) -> bool:
    return slot.startswith("book") and len(slot) > len("book")
