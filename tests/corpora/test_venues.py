from __future__ import annotations

import json
from pathlib import Path

import pytest

from duologue.corpora.venues import Venues, minutes_of
from duologue.errors import InputError

HOTELS = [
    {"name": "The Oak Lodge", "area": "centre", "type": "guesthouse", "internet": "yes", "entrance fee": "?"},
    {"name": "Bell & Son's Inn", "area": "north", "type": "hotel", "internet": "no", "price": {"single": "50"}},
    {"name": "river house", "area": "?", "type": "hotel", "internet": "yes"},
]
TRAINS = [
    {"trainID": "TR1", "destination": "ely", "leaveAt": "09:00", "arriveBy": "09:40"},
    {"trainID": "TR2", "destination": "ely", "leaveAt": "11:00", "arriveBy": "11:40"},
    {"trainID": "TR3", "destination": "ely", "leaveAt": "23:40", "arriveBy": "24:07"},
]


@pytest.fixture
def venues(tmp_path: Path) -> Venues:
    (tmp_path / "hotel_db.json").write_text(json.dumps(HOTELS), encoding="utf-8")
    (tmp_path / "train_db.json").write_text(json.dumps(TRAINS), encoding="utf-8")
    (tmp_path / "taxi_db.json").write_text('[{"taxi_colors": ["red"], "taxi_types": ["volvo"]}]', encoding="utf-8")
    return Venues.load(tmp_path)


def names(venues: Venues, **constraints: str | list[str]) -> list[str]:
    return [row["name"] for row in venues.query("hotel", constraints)]


def trains(venues: Venues, **constraints: str | list[str]) -> list[str]:
    return [row["trainid"] for row in venues.query("train", constraints)]


def test_columns_have_canonical_names(venues: Venues) -> None:
    assert venues.domains == ["hotel", "taxi", "train"]
    assert set(venues.rows("train")[0]) == {"trainid", "destination", "leaveat", "arriveby"}
    assert venues.rows("hotel")[0]["entrancefee"] == "?"
    assert venues.rows("hotel")[1]["price"] == {"single": "50"}
    assert venues.rows("taxi")[0]["taxi_types"] == ["volvo"]
    assert venues.rows("moon") == ()


def test_equal_but_for_case_and_spelling(venues: Venues) -> None:
    assert names(venues, name="oak lodge") == ["The Oak Lodge"]
    assert names(venues, name="BELL and sons inn") == ["Bell & Son's Inn"]
    assert names(venues, type="guest house", area="center") == ["The Oak Lodge"]
    assert names(venues, internet="free") == ["The Oak Lodge", "river house"]
    assert names(venues, name="oak") == []


def test_unknown_values_and_columns_constrain_nothing(venues: Venues) -> None:
    assert names(venues, area="north") == ["Bell & Son's Inn", "river house"]
    assert len(names(venues, stars="4", bookday="monday")) == 3
    assert len(names(venues, area="dontcare", type="do n't care", internet="not mentioned", name="")) == 3
    assert names(venues, area=["centre", "dontcare"]) == names(venues)


def test_any_alternative_will_do(venues: Venues) -> None:
    assert names(venues, area=["north", "centre"]) == [row["name"] for row in HOTELS]
    assert names(venues, type=[]) == [row["name"] for row in HOTELS]


def test_times_are_bounds(venues: Venues) -> None:
    assert trains(venues, arriveby="11:40") == ["TR1", "TR2"]
    assert trains(venues, leaveat="9:01") == ["TR2", "TR3"]
    assert trains(venues, leaveat="10am", arriveby="midday", destination="Ely") == ["TR2", "TR3"]
    assert trains(venues, leaveat="09:00", arriveby="09:39") == []


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("9:15", 555),
        ("0915", 555),
        ("9", 540),
        ("12 am", 0),
        ("9:15 pm", 1275),
        ("24:07", 1447),
        ("9:75", None),
        ("noon", None),
    ],
)
def test_minutes(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


def test_unusable_databases_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no database here"):
        Venues.load(tmp_path)
    (tmp_path / "hotel_db.json").write_text('{"name": "inn"}', encoding="utf-8")
    with pytest.raises(InputError, match=r"hotel_db\.json: expected a JSON list of objects"):
        Venues.load(tmp_path)
