"""Alpha against the worked examples of Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.evaluation.agreement.krippendorff import LEVELS, Level, alpha


def units(*observers: str) -> list[dict[str, float]]:
    """One word an observer, a value or `.` a unit."""
    rated = zip(*(observer.split() for observer in observers), strict=True)
    return [{str(who): float(value) for who, value in enumerate(unit) if value != "."} for unit in rated]


FOUR = units(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_four_observers_with_missing_ratings(level: Level, published: float) -> None:
    assert round(alpha(FOUR, level).value, 3) == published


def test_two_observers_of_binary_data() -> None:
    two = units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
    assert round(alpha(two, "nominal").value, 3) == 0.095


def test_two_observers_of_five_categories() -> None:
    two = units("1 1 2 2 4 3 3 3 5 4 4 1", "2 1 2 2 2 3 3 3 5 4 4 4")
    assert round(alpha(two, "nominal").value, 3) == 0.692


def test_perfect_agreement_is_one_and_without_variation_there_is_none() -> None:
    for level in LEVELS:
        assert alpha(units("1 2 3", "1 2 3"), level).value == 1
        assert math.isnan(alpha(units("1 1 1", "1 1 1"), level).value)
        assert math.isnan(alpha(units("1 2 .", ". . 3"), level).value)


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=4, max_size=12),
    st.integers(2, 5),
    st.integers(-3, 3),
)
def test_interval_alpha_does_not_depend_on_the_scale(pairs: list[tuple[int, int]], factor: int, shift: int) -> None:
    plain = alpha([{"a": one, "b": other} for one, other in pairs], "interval").value
    scaled = alpha([{"a": factor * one + shift, "b": factor * other + shift} for one, other in pairs], "interval").value
    assert scaled == pytest.approx(plain, nan_ok=True)


def test_the_interval_holds_the_value() -> None:
    found = alpha(FOUR, "interval")
    assert found.interval is not None
    assert found.interval.low <= found.value <= found.interval.high
