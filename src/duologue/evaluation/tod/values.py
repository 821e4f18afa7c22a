"""States and goals as the evaluator reads them: one name per slot, and the database's spelling of values.

The tables of spellings are the public evaluator's (spec/tod.md §5.1): with others, different venues are found.

    normalise_state({"hotel": {"name": "the lime house", "bookDay": "monday"}, "train": {"leaveAt": "9 am"}})
    # {"hotel": {"name": "the lime house", "bookday": "monday"}, "train": {"leave": "09:00"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from duologue.evaluation.tod.times import canonical_time

State: TypeAlias = Mapping[str, Mapping[str, str]]
"""domain -> slot -> value."""

_NAMES = {
    # restaurants
    "hotel du vin bistro": "hotel du vin and bistro",
    "the river bar and grill": "the river bar steakhouse and grill",
    "nando's": "nandos",
    "city center b and b": "city center north b and b",
    "acorn house": "acorn guest house",
    "caffee uno": "caffe uno",
    "cafe uno": "caffe uno",
    "rosa's": "rosas bed and breakfast",
    "restaurant called two two": "restaurant two two",
    "restaurant 2 two": "restaurant two two",
    "restaurant two 2": "restaurant two two",
    "restaurant 2 2": "restaurant two two",
    "restaurant 1 7": "restaurant one seven",
    "restaurant 17": "restaurant one seven",
    # hotels
    "lime house": "limehouse",
    "cityrooms": "cityroomz",
    "whale of time": "whale of a time",
    "huntingdon hotel": "huntingdon marriott hotel",
    "holiday inn exlpress, cambridge": "express by holiday inn cambridge",
    "university hotel": "university arms hotel",
    "arbury guesthouse and lodge": "arbury lodge guesthouse",
    "arbury guesthouse": "arbury lodge guesthouse",
    "bridge house": "bridge guest house",
    "nandos in the city centre": "nandos city centre",
    # attractions
    "broughton gallery": "broughton house gallery",
    "scudamores punt co": "scudamores punting co",
    "cambridge botanic gardens": "cambridge university botanic gardens",
    "the botanical gardens at cambridge university": "cambridge university botanic gardens",
    "the junction": "junction theatre",
    "trinity street college": "trinity college",
    "christ college": "christ's college",
    "christs": "christ's college",
    "history of science museum": "whipple museum of the history of science",
    "parkside pools": "parkside swimming pool",
    "cafe jello museum": "cafe jello gallery",
}
_TYPES = {
    "swimming pool": "swimmingpool",
    "mutliple sports": "multiple sports",
    "night club": "nightclub",
    "guest house": "guesthouse",
}
_FOODS = {
    "eriterean": "mediterranean",
    "brazilian": "portuguese",
    "portugese": "portuguese",
    "sea food": "seafood",
    "modern american": "north american",
    "americas": "north american",
    "intalian": "italian",
    "italain": "italian",
    "asian or oriental": "asian",
    "english": "british",
    "brutish": "british",
    "bristish": "british",
    "australasian": "australian",
    "gastropod": "gastropub",
    "europeon": "european",
}
_SLOTS = {"arriveby": "arrive", "leaveat": "leave"}


def normalise_state(state: State) -> dict[str, dict[str, str]]:
    """A state with the evaluator's slot names and spellings; the given one is left as it is."""
    return {
        domain: {(name := normalise_slot(slot)): normalise_value(name, value) for slot, value in slots.items()}
        for domain, slots in state.items()
    }


@lru_cache(maxsize=4096)
def normalise_slot(slot: str) -> str:
    """A slot's name, lower case and without spaces; `arrive` and `leave` for the times of a journey."""
    slot = slot.lower().replace(" ", "")
    return _SLOTS.get(slot, slot)


@lru_cache(maxsize=65_536)
def normalise_value(slot: str, value: str) -> str:
    """A value in the spelling of the databases."""
    if slot in ("name", "destination", "departure"):
        name = value.strip().lower().replace(" & ", " and ").replace("&", " and ").replace(" '", "'")
        return _NAMES.get(name, name)
    if slot == "type":
        return _TYPES.get(value, value)
    if slot == "food":
        food = value.strip().lower()
        return _FOODS.get(food, food)
    if slot in ("arrive", "leave", "arriveby", "leaveat", "time"):
        return canonical_time(value)
    if slot in ("parking", "internet"):
        return "yes" if value == "free" else value
    return value
