from __future__ import annotations

from pathlib import Path

from duologue.corpora.venues import Venues


def test_the_published_databases(data_dir: Path) -> None:
    venues = Venues.load(data_dir / "multiwoz_db")
    counts = {domain: len(venues.rows(domain)) for domain in venues.domains}
    assert counts == {
        "attraction": 79,
        "bus": 2828,
        "hospital": 66,
        "hotel": 33,
        "police": 1,
        "restaurant": 110,
        "taxi": 1,
        "train": 2828,
    }
    assert [row["name"] for row in venues.query("hotel", {"area": "east", "stars": "4", "pricerange": "moderate"})] == [
        "a and b guest house",
        "carolina bed and breakfast",
        "warkworth house",
    ]
    trains = venues.query("train", {"day": "friday", "destination": "Ely", "leaveat": "12:00", "arriveby": "15:00"})
    assert trains
    assert all(row["destination"] == "ely" and "12:00" <= row["leaveat"] < row["arriveby"] <= "15:00" for row in trains)
    assert all(
        venues.query("restaurant", {"phone": row["phone"]}) for row in venues.rows("restaurant") if "phone" in row
    )
