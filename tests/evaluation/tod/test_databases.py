from __future__ import annotations

import pytest
from tiny_town import DATABASES, databases

from duologue.corpora.venues import Venues
from duologue.errors import InputError
from duologue.evaluation.tod.databases import Databases


@pytest.mark.parametrize(
    ("domain", "constraints", "found"),
    [
        ("hotel", {}, ["oak lodge", "ash house", "elm hotel"]),
        ("hotel", {"area": "north", "stars": "4"}, ["oak lodge"]),
        ("hotel", {"area": "dontcare", "stars": "4"}, ["oak lodge", "elm hotel"]),
        ("hotel", {"internet": "free", "area": "north"}, ["oak lodge"]),
        ("hotel", {"bookday": "monday", "area": "south"}, ["elm hotel"]),  # no column
        ("hotel", {"name": "the oak lodge hotel"}, ["oak lodge"]),  # near enough
        ("hotel", {"stars": "4 stars"}, []),  # exact columns are exact
        ("restaurant", {"area": "centre"}, ["curry garden", "pizza hut", "meze bar"]),  # ? matches everything
        ("restaurant", {"food": "turkis"}, ["meze bar"]),
        ("attraction", {"type": "mutliple sports"}, ["the junction"]),
        ("attraction", {"type": "multiple sports"}, ["the junction"]),
        ("train", {"leave": "10:00"}, ["TR1", "TR2"]),  # two trains of one number are one venue
        ("train", {"leave": "10:00", "arrive": "12:00"}, ["TR2"]),
        ("train", {"arrive": "sometime"}, []),  # unreadable is midnight
        ("train", {"leave": "sometime", "departure": "ely station"}, ["TR1", "TR2"]),
        ("taxi", {"departure": "ely"}, []),
    ],
)
def test_queries(domain: str, constraints: dict[str, str], found: list[str]) -> None:
    town = databases()
    venues = town.query(domain, constraints)
    assert (town.names(domain, venues) if venues else []) == found


def test_broken_constraints_come_with_what_the_venues_have() -> None:
    town = databases()
    venues = town.query("hotel", {"area": "north"})
    assert town.broken("hotel", {"area": "north", "stars": "4"}, venues) == {"stars": ["3"]}


def test_a_missing_database_is_named() -> None:
    with pytest.raises(InputError, match=r"no database of hotel; give the folder"):
        Databases(Venues({**DATABASES, "hotel": []}))
