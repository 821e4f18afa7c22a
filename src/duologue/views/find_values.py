"""Values found in a response without annotations, so that what a system said in words can be delexicalised.

What the venue databases hold is found as it stands there (names, addresses, areas, kinds of food, stations, …), the
rest by its shape (telephone numbers, times, prices, references, counts). A word cannot tell whether a time is a
departure or a duration; such spans get the wide names that every evaluator reads (`value_time`, `value_count`, …).

    finder = ValueFinder(Venues.load("multiwoz_db"))
    delexicalise(said := "Oak Lodge is in the north, TR1234 leaves at 9:15.", finder.spans(said))
    # "[name] is in the [area], [trainid] leaves at [value_time]."

Longer values win over shorter ones, names over everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from duologue.corpora.venues import Venues
from duologue.dialogue import Span

_COLUMNS = {
    "name": "name",
    "address": "address",
    "area": "area",
    "food": "food",
    "pricerange": "pricerange",
    "type": "type",
    "department": "department",
    "departure": "value_place",
    "destination": "value_place",
}
"""Column of a database -> the placeholder of its values."""

_SPELT = {
    "area": ("city centre", "town centre", "centre of town", "center of town", "center"),
    "pricerange": ("moderately priced", "inexpensive"),
    "type": ("swimming pool", "concert hall", "night club"),
}
"""What people write for values of a database."""

_DOMAINS = ("hotel", "guesthouse", "restaurant")
"""Kinds of venue in a database that are the common words for where one sleeps or eats."""

_TOWARDS = r"(?:(?<=from )|(?<=to )|(?<=departing )|(?<=leaving )|(?<=leaves )|(?<=departs ))"
"""Only then a town is a station: this is the town itself."""

_COLOUR = r"(?:black|white|red|yellow|blue|gr[ea]y)"
_MAKE = r"(?:toyota|skoda|bmw|honda|ford|audi|lexus|volvo|volkswagen|tesla)"
_NUMBER = r"(?:\d{1,3}(?:,\d{3})*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_SHAPES = (
    ("trainid", r"\btr ?\d{1,5}\b"),
    ("postcode", r"\bcb ?\d{1,2} ?,? ?\d ?[a-z]{2}\b"),
    ("phone", r"\b\+?\d{10,12}\b|\b0\d{4} ?\d{6}\b"),
    ("ref", r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{8}\b|(?-i:\b[A-Z]{8}\b)"),
    ("value_car", rf"\b{_COLOUR} {_MAKE}\b"),
    ("value_price", r"£ ?\d+(?:\.\d+)?|\b\d+(?:\.\d+)? ?(?:pounds?|gbp|pence)\b|\b\d+\.\d+\b"),
    ("value_time", rf"\b\d{{1,2}}:\d{{2}}(?: ?[ap]\.?m\b)?|\b\d{{1,2}} ?[ap]m\b|\b{_NUMBER} minutes\b"),
    ("day", r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"),
    ("value_count", rf"\b{_NUMBER}\b"),
)
"""Placeholder -> its pattern, the most telling first."""


class ValueFinder:
    """Finds the values of a set of databases in texts."""

    def __init__(self, venues: Venues) -> None:
        """Collect the values.

        Args:
            venues: the databases.
        """
        values: dict[str, dict[str, None]] = {placeholder: {} for placeholder in _COLUMNS.values()}
        for placeholder, spellings in _SPELT.items():
            values[placeholder].update(dict.fromkeys(spellings))
        for domain in venues.domains:
            for row in venues.rows(domain):
                for column, placeholder in _COLUMNS.items():
                    if isinstance(value := row.get(column), str) and len(value) > 1:
                        values[placeholder].setdefault(value.lower())
        for word in _DOMAINS:
            values["type"].pop(word, None)
        values["name"].update(dict.fromkeys(other for name in [*values["name"]] for other in _other_names(name)))
        known = {placeholder: _any_of(found) for placeholder, found in values.items() if found}
        if "value_place" in known:
            known["value_place"] = _TOWARDS + known["value_place"]
        patterns = [*known.items(), *_SHAPES]
        self._pattern = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns), re.IGNORECASE)

    def spans(self, text: str) -> list[Span]:
        """The values in a text, with character offsets, in order; they do not overlap."""
        return list(self._found(text))

    def _found(self, text: str) -> Iterator[Span]:
        for match in self._pattern.finditer(text):
            assert match.lastgroup is not None
            yield Span(match.lastgroup, match[0], match.start(), match.end())


def _other_names(name: str) -> Iterator[str]:
    """How else a venue is written."""
    for kind, other in (("guest house", "guesthouse"), ("guesthouse", "guest house"), ("bed and breakfast", "b&b")):
        if kind in name:
            yield name.replace(kind, other)


def _any_of(values: Iterable[str]) -> str:
    """Any of the values, the longest first; spaces around punctuation do not matter, and a plural may follow."""
    return rf"\b(?:{'|'.join(map(_loose, sorted(values, key=len, reverse=True)))})(?=(?:e?s)?\b)"


def _loose(value: str) -> str:
    first, *rest = list[str](re.findall(r"\w+|[^\w\s]", value))
    pattern, word = re.escape(first), first[0].isalnum()
    for token in rest:
        pattern += (" " if word and token[0].isalnum() else " ?") + re.escape(token)
        word = token[0].isalnum()
    return pattern
