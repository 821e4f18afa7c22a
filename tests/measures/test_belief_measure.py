from __future__ import annotations

import pytest

from duologue.measures.belief import compare_states, lenient_value, same_value


@pytest.mark.parametrize(
    ("predicted", "acceptable", "right"),
    [
        ("North", ["north"], True),
        ("centre", ["center", "centre"], True),
        ("9:05", ["09:05"], True),
        ("19:05", ["9:05"], False),
        ("do n't care", ["dontcare"], True),
        ("saint john 's college", ["saint john's  college"], True),
        ("fish & chips", ["fish and chips"], True),
        ("guesthouse", ["guest house"], True),
        ("the christs college", ["Christ's College"], True),
        ("portugese", ["portuguese"], False),
        ("north", ["south", "east"], False),
    ],
)
def test_a_value_is_right_when_it_equals_an_alternative_after_light_normalisation(
    predicted: str, acceptable: list[str], right: bool
) -> None:
    assert same_value(predicted, acceptable) is right


@pytest.mark.parametrize(
    ("predicted", "acceptable", "right"),
    [
        ("guesthouse", ["guest house"], True),
        ("cambridge train station", ["cambridge train statio"], True),
        ("cheap", ["expensive"], False),
        ("b & b", ["bed and breakfast"], True),
        ("museum", ["college|museum"], True),
    ],
)
def test_the_lenient_test_takes_near_spellings(predicted: str, acceptable: list[str], right: bool) -> None:
    assert lenient_value(predicted, acceptable) is right


def test_every_slot_is_right_wrong_missing_or_extra() -> None:
    gold = {"hotel": {"area": ["centre", "center"], "stars": ["4"], "name": ["oak"], "type": ["not mentioned"]}}
    said = {"hotel": {"area": ["center"], "stars": ["3"]}, "taxi": {"leaveat": ["9:00"], "arriveby": [""]}, "bus": {}}
    found = compare_states(said, gold)
    assert found.right == [("hotel", "area")]
    assert found.wrong == [("hotel", "stars")]
    assert found.missing == [("hotel", "name")]
    assert found.extra == [("taxi", "leaveat")]
    assert not found.equal
    assert compare_states(gold, gold).equal
