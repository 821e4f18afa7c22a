"""MultiWOZ 2.1's `metadata` <-> belief state and bookings.

A system turn's metadata repeats all domains and slots, most of them blank, and changes little from turn to turn. So a
`MetadataCodec` walks a dialogue's system turns: it renders each turn's metadata from the one before and the new state,
and what still differs (which blank, which spelling of "don't care") is the turn's patch. A patch is used only where the
domain it belongs to still says what the belief state says, so a changed state always wins.
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz_slots import BOOKED_UNTRACKED, GOAL_DOMAINS, canonical_slot, native_slot, values_of
from duologue.dialogue import BeliefState

Slots = dict[str, list[str]]
Bookings = list[dict[str, str]]
Metadata = dict[str, Any]

_SEMI = {
    "attraction": ("type", "name", "area"),
    "bus": ("leaveAt", "destination", "day", "arriveBy", "departure"),
    "hospital": ("department",),
    "hotel": ("name", "area", "parking", "pricerange", "stars", "internet", "type"),
    "police": (),
    "restaurant": ("food", "pricerange", "name", "area"),
    "taxi": ("leaveAt", "destination", "departure", "arriveBy"),
    "train": ("leaveAt", "destination", "day", "arriveBy", "departure"),
}
_BOOK = {
    "bus": ("people",),
    "hotel": ("people", "day", "stay"),
    "restaurant": ("people", "day", "time"),
    "train": ("people",),
}


def blank_domain(domain: str, lists: bool = False) -> dict[str, Any]:
    """The metadata of a domain that nobody has spoken of."""
    book = {"booked": [], **{slot: [] if lists else "" for slot in _BOOK.get(domain, ())}}
    return {"book": book, "semi": {slot: [] if lists else "" for slot in _SEMI.get(domain, ())}}


class MetadataError(Exception):
    """Metadata that is not laid out as expected: `where` in it, and what."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        super().__init__(f"{where}: {what}")


class MetadataCodec:
    """Reads or writes the metadata of one dialogue's system turns, in order."""

    def __init__(self, lists: bool) -> None:
        """Begin a dialogue.

        Args:
            lists: values are lists of alternatives (the 2.2-converted layout) instead of text.
        """
        self._lists = lists
        self._before: Metadata = {domain: blank_domain(domain, lists) for domain in GOAL_DOMAINS}
        self._read: dict[str, tuple[Any, Slots, Bookings]] = {}

    def read(self, metadata: Metadata) -> tuple[BeliefState, dict[str, Bookings], Metadata]:
        """The belief state, the bookings so far and the patch of the next system turn.

        Raises:
            MetadataError: the metadata are not laid out as expected.
        """
        state: BeliefState = {}
        booked: dict[str, Bookings] = {}
        for domain, entry in metadata.items():
            slots, bookings = self._domain(domain, entry)
            if slots:
                state[domain.lower()] = {slot: list(values) for slot, values in slots.items()}
            if bookings:
                booked[domain.lower()] = [dict(booking) for booking in bookings]
        rendered = self._rendered(state, booked)
        patch = {} if rendered == metadata else patch_between(rendered, metadata)
        self._before = metadata
        return state, booked, patch

    def write(self, state: BeliefState, booked: dict[str, Bookings], patch: Metadata) -> Metadata:
        """The next system turn's metadata."""
        metadata = self._rendered(state, booked)
        if patch:
            for domain in patch:
                entry = patched({domain: metadata[domain]} if domain in metadata else {}, {domain: patch[domain]})
                if self._says(domain, entry.get(domain), state, booked):
                    metadata.pop(domain, None)
                    metadata |= entry
        self._before = metadata
        return {domain: _copied(entry) for domain, entry in metadata.items()}

    def _says(self, domain: str, entry: Any, state: BeliefState, booked: dict[str, Bookings]) -> bool:
        try:
            slots, bookings = slots_of(domain, entry if entry is not None else {})
        except MetadataError:
            return False
        key = domain.lower()
        return slots == state.get(key, {}) and bookings == booked.get(key, [])

    def _domain(self, domain: str, entry: Any) -> tuple[Slots, Bookings]:
        known = self._read.get(domain)
        if known is not None and known[0] == entry:
            return known[1], known[2]
        slots, bookings = slots_of(domain, entry)
        self._read[domain] = (entry, slots, bookings)
        return slots, bookings

    def _rendered(self, state: BeliefState, booked: dict[str, Bookings]) -> Metadata:
        rendered: Metadata = {}
        for domain, entry in self._before.items():
            key = domain.lower()
            wanted, bookings = state.get(key, {}), booked.get(key, [])
            slots, had = self._domain(domain, entry)
            if slots == wanted and had == bookings:
                rendered[domain] = entry
            else:
                rendered[domain] = self._rendered_domain(key, entry, slots, wanted, had, bookings)
        met = {domain.lower() for domain in rendered}
        for domain in (*state, *booked):
            if domain not in met:
                met.add(domain)
                blank = blank_domain(domain, self._lists)
                wanted, bookings = state.get(domain, {}), booked.get(domain, [])
                rendered[domain] = self._rendered_domain(domain, blank, {}, wanted, [], bookings)
        return rendered

    def _rendered_domain(
        self,
        domain: str,
        before: dict[str, Any],
        had: Slots,
        wanted: Slots,
        had_booked: Bookings,
        bookings: Bookings,
    ) -> dict[str, Any]:
        """A domain's metadata: as before, with the wanted values.

        A slot that lost its value is "not mentioned", and so are a domain's blank slots once it is spoken of.
        """
        blank: Any = [] if self._lists else "not mentioned"
        first = bool(wanted) and not had and not self._lists
        rest = dict(wanted)
        halves: dict[str, Any] = {"semi": {}, "book": {}}
        for half in ("semi", "book"):
            for name, value in before.get(half, {}).items():
                if name == "booked":
                    continue
                slot = canonical_slot(domain, name, half)
                values = rest.pop(slot, None)
                if values is not None:
                    halves[half][name] = value if values == had.get(slot) else self._value(values)
                elif slot in had and half == "semi":
                    halves[half][name] = blank
                elif slot in had:
                    halves[half][name] = [] if self._lists else ""
                else:
                    halves[half][name] = blank if first and half == "semi" and value == "" else value
        for slot, values in rest.items():
            half = "book" if slot.startswith("book") else "semi"
            halves[half][native_slot(domain, slot, half)] = self._value(values)
        kept = before.get("book", {}).get("booked") if bookings == had_booked else None
        halves["book"]["booked"] = [self._booking(domain, booking) for booking in bookings] if kept is None else kept
        return {**{key: value for key, value in before.items() if key not in halves}, **halves}

    def _value(self, values: list[str]) -> Any:
        return list(values) if self._lists else "|".join(values)

    def _booking(self, domain: str, booking: dict[str, str]) -> dict[str, Any]:
        untracked = BOOKED_UNTRACKED.get(domain, frozenset())
        return {
            ("trainID" if key == "trainid" else key): [value] if self._lists and key not in untracked else value
            for key, value in booking.items()
        }


def slots_of(domain: str, entry: Any) -> tuple[Slots, Bookings]:
    """The slots that have a value in one domain's metadata, and its bookings.

    Raises:
        MetadataError: it is not `{"book": {"booked": [...], ...}, "semi": {...}}`.
    """
    if not isinstance(entry, dict):
        raise MetadataError(domain, f"expected an object with book and semi, found {type(entry).__name__}")
    key = domain.lower()
    slots: Slots = {}
    bookings: Bookings = []
    for half in ("semi", "book"):
        filled = entry.get(half, {})
        if not isinstance(filled, dict):
            raise MetadataError(f"{domain}.{half}", f"expected an object, found {type(filled).__name__}")
        for name, value in filled.items():
            if name == "booked":
                bookings = _bookings_of(domain, value)
                continue
            if value == "" or value == "not mentioned":
                continue
            try:
                values = values_of(value)
            except TypeError as error:
                raise MetadataError(f"{domain}.{half}.{name}", str(error)) from None
            if values:
                slots[canonical_slot(key, name, half)] = values
    return slots, bookings


def _bookings_of(domain: str, booked: Any) -> Bookings:
    if not isinstance(booked, list):
        raise MetadataError(f"{domain}.book.booked", f"expected a list, found {type(booked).__name__}")
    bookings: Bookings = []
    for number, entry in enumerate(booked):
        if not isinstance(entry, dict):
            raise MetadataError(f"{domain}.book.booked[{number}]", f"expected an object, found {type(entry).__name__}")
        booking: dict[str, str] = {}
        for name, value in entry.items():
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, str):
                booking["trainid" if name == "trainID" else name] = first
        bookings.append(booking)
    return bookings


def _copied(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: dict(value) if isinstance(value, dict) else value for key, value in entry.items()}
