"""Placeholders filled from the database: the response as a user would read it.

The domain of a turn is the one that its action speaks of, else the one whose state has just grown. Its venue is a row
that matches the predicted state; it stays the same while it still matches, so `[phone]` two turns later belongs to the
`[name]` that was offered. A booking gets a reference that looks real, is seeded, and stays the same for that booking.
What has no value stays a placeholder and is counted.

    session = Lexicaliser(query, seed=7).start("MUL0001")
    session.fill("[name] is in the [area].", {"hotel": {"area": ["north"]}}, "hotel inform name").text
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from duologue.corpora.multiwoz.slots import STATE_SLOTS
from duologue.dialogue import BeliefState
from duologue.views.delexicalise import lexicalise, placeholders

Query: TypeAlias = Callable[[str, Mapping[str, str]], Sequence[Mapping[str, Any]]]
"""(domain, constraints by canonical slot) -> the database rows that match, in a fixed order."""

_BOOKABLE = {"day": "bookday", "people": "bookpeople", "stay": "bookstay", "time": "booktime"}
_TAXI_COLOURS = ("black", "white", "red", "yellow", "blue", "grey")
_TAXI_MAKES = ("ford", "audi", "honda", "skoda", "tesla", "volvo", "toyota")
_REFERENCE = string.ascii_uppercase + string.digits


class Lexicalised(NamedTuple):
    """A response with its placeholders filled, and the slots that could not be."""

    text: str
    unfilled: list[str]


class Lexicaliser:
    """Fills placeholders from a database; `start` gives one dialogue's memory."""

    def __init__(self, query: Query, *, seed: int = 0) -> None:
        """Keep the database.

        Args:
            query: looks up rows.
            seed: of the choice among matching rows, and of booking references.
        """
        self._query = query
        self._seed = seed

    def start(self, dialogue: str) -> DialogueLexicaliser:
        """Begin a dialogue; what is chosen depends on the seed and its id only."""
        return DialogueLexicaliser(self._query, f"{self._seed}:{dialogue}")


class DialogueLexicaliser:
    """One dialogue: which venue was offered in each domain, and which domain it is about."""

    def __init__(self, query: Query, seed: str) -> None:
        """Begin; `Lexicaliser.start` does this."""
        self._query = query
        self._seed = seed
        self._before: BeliefState = {}
        self._domain: str | None = None
        self._offered: dict[str, Mapping[str, Any]] = {}

    def fill(self, response: str, state: BeliefState, action: str) -> Lexicalised:
        """Fill the placeholders of the next response.

        Args:
            response: delexicalised.
            state: the predicted belief state of this turn.
            action: the predicted action text, e.g. `hotel inform name`.
        """
        self._domain = _spoken_of(action, state) or self._grown(state) or self._domain
        self._before = state
        slots = placeholders(response)
        if self._domain is None or not slots:
            return Lexicalised(response, slots)
        rows = self._rows(self._domain, state)
        met: Counter[str] = Counter()
        values = []
        for slot in slots:
            values.append(self._value(slot, self._domain, state, rows, met[slot]))
            met[slot] += 1
        unfilled = [slot for slot, value in zip(slots, values, strict=True) if value is None]
        return Lexicalised(lexicalise(response, values), unfilled)

    def _grown(self, state: BeliefState) -> str | None:
        """The domain that gained most values; on a tie the one already spoken of."""
        gains = {
            domain: sum(self._before.get(domain, {}).get(slot) != values for slot, values in slots.items())
            for domain, slots in state.items()
        }
        most = max(gains.values(), default=0)
        best = [domain for domain, gain in gains.items() if gain == most]
        return (self._domain if self._domain in best else best[0]) if most else None

    def _rows(self, domain: str, state: BeliefState) -> list[Mapping[str, Any]]:
        """The rows that match, the offered one first."""
        wanted = {
            slot: values[0]
            for slot, values in state.get(domain, {}).items()
            if values and not slot.startswith("book") and values[0] not in ("dontcare", "not mentioned")
        }
        rows = list(self._query(domain, wanted))
        if not rows:
            return []
        offered = self._offered.get(domain)
        first = rows.index(offered) if offered in rows else self._rng(domain).randrange(len(rows))
        self._offered[domain] = rows[first]
        return rows[first:] + rows[:first]

    def _value(
        self, slot: str, domain: str, state: BeliefState, rows: list[Mapping[str, Any]], repeat: int
    ) -> str | None:
        """A value for a placeholder; the second `[name]` of a response is the second venue's."""
        known = {name: values[0] for name, values in state.get(domain, {}).items() if values}
        known = {name: value for name, value in known.items() if value != "dontcare"}
        if slot == "ref":
            return self._reference(domain, known)
        if slot == "choice":
            return str(len(rows)) if rows else None
        row = _canonical(rows[repeat % len(rows)]) if rows else {}
        if domain == "taxi" and slot in ("type", "phone"):
            return row.get(slot) or self._taxi(slot, known)
        return row.get(slot) or known.get(slot) or known.get(_BOOKABLE.get(slot, "")) or None

    def _reference(self, domain: str, known: dict[str, str]) -> str:
        booking = sorted(item for item in known.items() if item[0].startswith("book"))
        offered = _canonical(self._offered.get(domain, {}))
        rng = self._rng(domain, booking, offered.get("name") or offered.get("trainid"))
        return "".join(rng.choice(_REFERENCE) for _ in range(8))

    def _taxi(self, slot: str, known: dict[str, str]) -> str:
        rng = self._rng("taxi", slot, sorted(known.items()))
        if slot == "phone":
            return "07" + "".join(rng.choice(string.digits) for _ in range(9))
        return f"{rng.choice(_TAXI_COLOURS)} {rng.choice(_TAXI_MAKES)}"

    def _rng(self, *what: object) -> random.Random:
        return random.Random(f"{self._seed}:{what}")


def _spoken_of(action: str, state: BeliefState) -> str | None:
    """The first domain with a database that the action names; a booking is one of the domain it books in."""
    domains = [item.split()[0] for item in action.split(",") if item.split()]
    named = [domain for domain in domains if domain in STATE_SLOTS]
    return next((domain for domain in named if domain in state), named[0] if named else None)


def _canonical(row: Mapping[str, Any]) -> dict[str, str]:
    """A row's texts by canonical slot: `trainID` is `trainid`, `entrance fee` is `entrancefee`; `?` is no value."""
    return {
        key.lower().replace(" ", ""): str(value)
        for key, value in row.items()
        if isinstance(value, str | int | float) and str(value).strip() not in ("", "?")
    }
