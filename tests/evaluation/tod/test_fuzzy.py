from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from duologue.evaluation.tod.fuzzy import partial_ratio, similar

TEXTS = st.text("abc d", max_size=12)


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("adc theatre", "mumford theatre", 86),  # trying all windows gives 90
        ("pipasha restaurant", "all restaurant", 86),
        ("curry garden", "the curry garden restaurant", 100),
        ("", "", 100),
        ("", "a", 0),
        ("abc", "xyz", 0),
    ],
)
def test_known_ratios(first: str, second: str, ratio: int) -> None:
    assert partial_ratio(first, second) == ratio


@given(TEXTS, TEXTS)
def test_no_window_beats_the_best_of_all(first: str, second: str) -> None:
    if first and second:  # of empty texts nothing is a part
        assert partial_ratio(first, second) <= round(fuzz.partial_ratio(first, second)) + 1e-9


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_stands_in_it_is_a_part_of_it(before: str, inside: str, after: str) -> None:
    if inside and len(inside) > 2 and not before:
        assert partial_ratio(inside, inside + after) == 100


@given(TEXTS, st.lists(TEXTS, max_size=6), st.sampled_from([50, 90, 100]))
def test_the_quick_bound_loses_nothing(value: str, choices: list[str], least: int) -> None:
    wanted = [number for number, choice in enumerate(choices) if partial_ratio(choice, value) >= least]
    assert similar(value, choices, least) == wanted
