"""Hypothesis strategies for native MultiWOZ 2.1 dialogues, as odd as published ones get."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WORDS = ["a", "cheap", "place", "north", "Oak Lodge", "18:15", "for", "3", "people", ".", "?", "moderately", "é", "İ"]
BLANKS = ["", "not mentioned", "none"]
VALUES = [*BLANKS, "dontcare", "don't care", "do n't care", "north", "centre|west", "Oak Lodge", " cheap", "a||b"]
SEMI = {
    "hotel": ["name", "area", "parking", "pricerange", "stars", "internet", "type"],
    "train": ["leaveAt", "destination", "day", "arriveBy", "departure"],
    "hospital": ["department"],
    "police": [],
}
BOOK = {"hotel": ["people", "day", "stay"], "train": ["people", "ticket"]}
ACTS = [
    "Hotel-Inform",
    "Hotel-Request",
    "Train-OfferBooked",
    "Train-NoOffer",
    "general-bye",
    "Booking-Book",
    "Taxi-Inform",
]
SLOTS = ["Area", "Price", "Day", "Time", "Ref", "Dest", "Ticket", "Id", "Car", "Fee", "none", "Open"]


@st.composite
def metadata(draw: st.DrawFn, lists: bool) -> dict[str, Any]:
    # In a list of alternatives no element holds alternatives itself.
    plain = st.sampled_from([value for value in VALUES if not (lists and "|" in value)])
    value: st.SearchStrategy[Any] = st.lists(plain, max_size=2) if lists else plain
    entries: dict[str, Any] = {}
    for domain in draw(st.lists(st.sampled_from(sorted(SEMI)), unique=True)):
        semi = {slot: draw(value) for slot in SEMI[domain] if draw(st.booleans())}
        book: dict[str, Any] = {slot: draw(value) for slot in BOOK.get(domain, []) if draw(st.booleans())}
        if draw(st.booleans()):
            booking = st.dictionaries(st.sampled_from(["name", "reference", "trainID", "type"]), value, max_size=2)
            book["booked"] = draw(st.lists(booking, max_size=2))
        entries[domain] = {"semi": semi, "book": book}
    return entries


@st.composite
def turns(draw: st.DrawFn, index: int, lists: bool) -> dict[str, Any]:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
    text = draw(st.sampled_from([" ", "  "])).join(words)
    acts = draw(
        st.dictionaries(
            st.sampled_from(ACTS),
            st.lists(
                st.tuples(st.sampled_from(SLOTS), st.sampled_from([*WORDS, "?", "none", ""])).map(list), max_size=3
            ),
            max_size=3,
        )
    )
    tokens = len(text.split())
    span = st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(SLOTS),
        st.sampled_from(WORDS),
        st.integers(0, tokens - 1),
        st.integers(0, tokens - 1),
    )
    spans = draw(st.lists(span.map(lambda s: [*s[:3], min(s[3:]), max(s[3:])]), max_size=3))
    turn: dict[str, Any] = {
        "text": text,
        "metadata": draw(metadata(lists)) if index % 2 else {},
        "dialog_act": acts,
        "span_info": spans,
    }
    for key in draw(st.lists(st.sampled_from(["dialog_act", "span_info"]), max_size=1)):
        del turn[key]
    if draw(st.booleans()):
        turn["turn_id"] = index
    return turn


@st.composite
def goals(draw: st.DrawFn) -> dict[str, Any]:
    text = st.sampled_from(["north", "18:15", "3"])
    goal: dict[str, Any] = {
        "message": draw(st.lists(st.just("Find a <span class='emphasis'>train</span>"), max_size=2))
    }
    for domain in draw(st.lists(st.sampled_from(["hotel", "train", "taxi", "bus"]), unique=True)):
        wanted: dict[str, Any] = {
            "info": draw(st.dictionaries(st.sampled_from(["area", "leaveAt", "arriveBy", "day"]), text))
        }
        if draw(st.booleans()):
            asked = st.lists(st.sampled_from(["phone", "car type", "entrance fee", "trainID", "leaveAt"]), unique=True)
            wanted["reqt"] = draw(st.one_of(asked, asked.map(lambda slots: {slot: "?" for slot in slots})))
        if draw(st.booleans()):
            wanted["book"] = {"people": "3", "invalid": draw(st.booleans())}
        if draw(st.booleans()):
            wanted["fail_info"] = {"area": "west"}
        if draw(st.booleans()):
            wanted["fail_book"] = draw(st.dictionaries(st.sampled_from(["stay", "time", "day"]), text))
        goal[domain] = draw(st.sampled_from([wanted, {}]))
    if draw(st.booleans()):
        goal["topic"] = {"taxi": False, "hotel": None}
    return goal


@st.composite
def dialogues(draw: st.DrawFn) -> dict[str, Any]:
    lists = draw(st.booleans())
    length = 2 * draw(st.integers(1, 4))
    native: dict[str, Any] = {"log": [draw(turns(index, lists)) for index in range(length)]}
    if draw(st.booleans()):
        native["goal"] = draw(st.one_of(st.just({}), goals()))
    if draw(st.booleans()):
        native["new_goal"] = {"kept": [1, None, {"=": 2}]}
    return native
