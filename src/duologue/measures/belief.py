"""Are two belief states the same, and where not, why.

`same_value` is the standard test: equal after a light normalisation to any acceptable alternative. `lenient_value` is
the published test of the interference system (spec/tod.md §2.9): near spellings count too. Use the first for figures
that are compared with other work, the second only to compare with that system's own tables.

    compare_states({"hotel": {"area": ["north"]}}, {"hotel": {"area": ["centre", "center"]}}).wrong
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rapidfuzz import fuzz

from duologue.dialogue import BeliefState

SameValue: TypeAlias = Callable[[str, Sequence[str]], bool]
"""(predicted value, acceptable values) -> whether the prediction is right."""

_DONTCARE = frozenset(
    {"dontcare", "dont care", "don't care", "do n't care", "do not care", "doesn't care", "does not care", "any"}
)
_UNFILLED = frozenset({"", "not mentioned", "none", "null"})
_CLOCK = re.compile(r"\b(\d):(\d\d)\b")
_UNJOINED = re.compile(r"[\s'’-]")
_SPELLINGS: tuple[frozenset[str], ...] = tuple(
    frozenset(each)
    for each in (
        ("guest house", "guesthouse", "guest houses", "guesthouses"),
        ("nightclub", "night club", "nightclubs", "night clubs"),
        ("portuguese", "portugese"),
        ("b and b", "b & b", "b&b", "bed and breakfast"),
        ("swimming pool", "swimmingpool", "swimming pools"),
        ("concert hall", "concerthall", "concert halls"),
        ("multiple sports", "mutliple sports", "mutiple sports"),
        ("centre", "center", "city centre", "city center"),
        ("theatre", "theater", "theatres"),
        ("museum", "museums"),
        ("college", "colleges"),
        ("moderate", "moderately", "moderately priced"),
        ("cheap", "inexpensive", "cheaply priced"),
        ("north american", "modern american", "american"),
        ("british", "english"),
        ("mediterranean", "eriterean"),
        ("seafood", "sea food"),
        ("asian oriental", "asian or oriental", "asian and oriental"),
        ("gastropub", "gastropod"),
        ("australian", "australasian"),
    )
)


class StateComparison(NamedTuple):
    """The (domain, slot) pairs of two states: right, wrong value, missing in the prediction, extra in it."""

    right: list[tuple[str, str]]
    wrong: list[tuple[str, str]]
    missing: list[tuple[str, str]]
    extra: list[tuple[str, str]]

    @property
    def equal(self) -> bool:
        """Whether the prediction holds exactly the gold slots with right values."""
        return not (self.wrong or self.missing or self.extra)


def compare_states(predicted: BeliefState, gold: BeliefState, same: SameValue | None = None) -> StateComparison:
    """Compare a predicted belief state with the gold one, slot by slot; the case of names does not matter.

    Args:
        predicted: of each slot the first value counts.
        gold: every value of a slot is acceptable.
        same: when a value is right; `same_value` by default.
    """
    same = same or same_value
    said, wanted = dict(_filled(predicted)), dict(_filled(gold))
    found = StateComparison([], [], [], [])
    for place, acceptable in wanted.items():
        if place not in said:
            found.missing.append(place)
        elif same(said[place][0], acceptable):
            found.right.append(place)
        else:
            found.wrong.append(place)
    found.extra.extend(place for place in said if place not in wanted)
    return found


def same_value(predicted: str, acceptable: Sequence[str]) -> bool:
    """Whether a value equals one of the acceptable ones after light normalisation.

    Besides what `normalise_value` evens out, a leading "the", spaces, hyphens and apostrophes do not count: MultiWOZ's
    own annotations write `guest house` and `guesthouse`, `christ's` and `christs`.
    """
    value = _joined(predicted)
    return any(value == _joined(each) for each in acceptable)


def lenient_value(predicted: str, acceptable: Sequence[str]) -> bool:
    """Whether a value is near enough to an acceptable one: equal, a fuzzy ratio of 90 or more, or a known spelling."""
    value = normalise_value(predicted)
    for wanted in (normalise_value(part) for each in acceptable for part in each.split("|")):
        if value == wanted or round(fuzz.ratio(value, wanted)) >= 90:
            return True
        if any(value in spellings and wanted in spellings for spellings in _SPELLINGS):
            return True
    return False


@lru_cache(maxsize=65_536)
def normalise_value(value: str) -> str:
    """Lower case, single spaces, `9:00` as `09:00`, `&` as `and`, one spelling of "don't care", no final full stop."""
    text = " ".join(value.lower().replace("&", " and ").split()).replace(" '", "'").rstrip(" .")
    return "dontcare" if text in _DONTCARE else _CLOCK.sub(r"0\1:\2", text)


@lru_cache(maxsize=65_536)
def _joined(value: str) -> str:
    return _UNJOINED.sub("", normalise_value(value).removeprefix("the "))


def _filled(state: BeliefState) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for domain, slots in state.items():
        for slot, values in slots.items():
            if values and normalise_value(values[0]) not in _UNFILLED:
                yield (domain.lower(), slot.lower()), values
