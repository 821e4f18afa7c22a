"""MultiWOZ 2.1's `metadata` <-> belief state and bookings.

A system turn's metadata repeats all domains and slots, most of them blank, and changes little from turn to turn. So a
`MetadataCodec` walks a dialogue's system turns: it renders each turn's metadata from the one before and the new state,
and what still differs (which blank, which spelling of "don't care") is the turn's patch. A patch is used only where the
domain it belongs to still says what the belief state says, so a changed state always wins.
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz.slots import BOOKED_UNTRACKED, GOAL_DOMAINS, canonical_slot, native_slot, values_of
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
        self._known: dict[str, tuple[Any, Slots, Bookings]] = {}

    def read(self, metadata: Metadata) -> tuple[BeliefState, dict[str, Bookings], Metadata]:
        """The belief state, the bookings so far and the patch of the next system turn.

        Raises:
            MetadataError: the metadata are not laid out as expected.
        """
        state: BeliefState = {}
        booked: dict[str, Bookings] = {}
        before = self._before
        patch: Metadata = {domain: None for domain in before if domain not in metadata}
        for domain, entry in metadata.items():
            old = before.get(domain)
            if old is not None and old == entry:
                # Most domains of most turns: nothing to parse, and rendered as it is.
                slots, bookings = self._domain(domain, old)
                self._known[domain] = (entry, slots, bookings)
            else:
                slots, bookings = slots_of(domain, entry)
                rendered = self._rendered_domain(domain, old, slots, bookings)
                patch |= patch_between({} if rendered is None else {domain: rendered}, {domain: entry})
                self._known[domain] = (entry, slots, bookings)
            if slots:
                state[domain] = {slot: list(values) for slot, values in slots.items()}
            if bookings:
                booked[domain] = [dict(booking) for booking in bookings]
        self._before = metadata
        return state, booked, patch

    def write(self, state: BeliefState, booked: dict[str, Bookings], patch: Metadata) -> Metadata:
        """The next system turn's metadata."""
        metadata: Metadata = {}
        for domain in dict.fromkeys((*self._before, *state, *booked, *patch)):
            slots, bookings = state.get(domain, {}), booked.get(domain, [])
            rendered = self._rendered_domain(domain, self._before.get(domain), slots, bookings)
            if domain in patch:
                entry = patched({} if rendered is None else {domain: rendered}, {domain: patch[domain]})
                if _says(domain, entry.get(domain), slots, bookings):
                    metadata |= entry
                    continue
                if rendered is not None:
                    rendered = _patched_where_true(domain, rendered, patch[domain], slots, bookings)
            if rendered is not None:
                metadata[domain] = rendered
        self._before = metadata
        return {domain: _copied(entry) for domain, entry in metadata.items()}

    def _domain(self, domain: str, entry: Any) -> tuple[Slots, Bookings]:
        known = self._known.get(domain)
        if known is not None and known[0] is entry:
            return known[1], known[2]
        slots, bookings = slots_of(domain, entry)
        self._known[domain] = (entry, slots, bookings)
        return slots, bookings

    def _rendered_domain(
        self, domain: str, old: dict[str, Any] | None, wanted: Slots, bookings: Bookings
    ) -> dict[str, Any] | None:
        """A domain's metadata: as before, with the wanted values.

        None where the domain was not there and still is not spoken of. A slot that lost its value is "not mentioned",
        and so are a domain's blank slots once it is spoken of.
        """
        if old is None and not wanted and not bookings:
            return None
        before = blank_domain(domain, self._lists) if old is None else old
        had, had_booked = self._domain(domain, before)
        if (wanted, bookings) == (had, had_booked):
            return before
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
                slots[canonical_slot(domain, name, half)] = values
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


def _says(domain: str, entry: Any, slots: Slots, bookings: Bookings) -> bool:
    try:
        return slots_of(domain, {} if entry is None else entry) == (slots, bookings)
    except MetadataError:
        return False


def _patched_where_true(
    domain: str, rendered: dict[str, Any], patch: Any, slots: Slots, bookings: Bookings
) -> dict[str, Any]:
    """A domain's metadata with those values of its patch that do not contradict the state."""
    for half in ("semi", "book"):
        values = patch.get(half) if isinstance(patch, dict) else None
        for name, value in values.items() if isinstance(values, dict) else ():
            candidate = patched(rendered, {half: {name: value}})
            if _says(domain, candidate, slots, bookings):
                rendered = candidate
    return rendered


def _copied(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: dict(value) if isinstance(value, dict) else value for key, value in entry.items()}
