from __future__ import annotations

import pytest

from duologue.corpora.venues import Venues
from duologue.views.delexicalise import delexicalise
from duologue.views.find_values import ValueFinder

FINDER = ValueFinder(
    Venues(
        {
            "hotel": [
                {
                    "name": "oak guest house",
                    "address": "12 mill lane, chesterton",
                    "area": "north",
                    "type": "guesthouse",
                },
                {"name": "oak", "area": "centre", "type": "hotel", "pricerange": "cheap"},
            ],
            "attraction": [{"name": "christ's college", "type": "college", "area": "centre"}],
            "restaurant": [{"name": "curry prince", "food": "indian", "type": "restaurant"}],
            "train": [{"departure": "ely", "destination": "cambridge", "trainID": "TR1234", "day": "monday"}],
        }
    )
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Oak Guest House is cheap .", "[name] is [pricerange] ."),
        ("Oak Guesthouse, in the centre of town", "[name], in the [area]"),
        ("Christ 's College is one of two colleges.", "[name] is one of [value_count] [type]s."),
        ("It is at 12 Mill Lane , Chesterton, CB4 1AB.", "It is at [address], [postcode]."),
        ("TR1234 leaves Ely at 09:15 on Monday", "[trainid] leaves [value_place] at [value_time] on [day]"),
        ("It takes 17 minutes and costs 4.40 pounds.", "It takes [value_time] and costs [value_price]."),
        ("Booked! Reference: 4QX7B2LM. Call 01223 334900.", "Booked! Reference: [ref]. Call [phone]."),
        ("A black Volvo will come.", "A [value_car] will come."),
        ("Cambridge is lovely! Do you need a hotel or a restaurant?",) * 2,
        ("A [name] in the [area] is a placeholder already.",) * 2,
        ("", ""),
    ],
)
def test_values_become_placeholders(said: str, expected: str) -> None:
    assert delexicalise(said, FINDER.spans(said)) == expected


def test_spans_are_where_they_say() -> None:
    said = "Oak is in the north; Curry Prince serves Indian food."
    spans = FINDER.spans(said)
    assert [(each.slot, said[each.start : each.end]) for each in spans] == [
        *(("name", "Oak"), ("area", "north")),
        *(("name", "Curry Prince"), ("food", "Indian")),
    ]
    assert all(each.value == said[each.start : each.end] for each in spans)
