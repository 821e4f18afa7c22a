"""The verdict follows from the figures alone."""

from __future__ import annotations

from typing import Any

import pytest

from duologue.evaluation.bootstrap import Difference, Interval
from duologue.experiments.interference.verdict import CLAIM, Evidence, judge


def difference(value: float, low: float, high: float) -> Difference:
    return Difference(value, Interval(low, high), 0.01)


def evidence(**changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "reference": 45.0,
        "dialogues": 40,
        "acknowledges": difference(0.3, 0.25, 0.35),
        "own_first_low": 80.0,
        "keeps": difference(-1.0, -3.0, 1.0),
        "degrades": difference(-9.0, -12.0, -6.0),
    }
    return Evidence(**{**fields, **changes})


def test_all_three_parts_support_the_claim() -> None:
    verdict = judge(evidence())
    assert verdict.verdict == "supported"
    assert verdict.claim == CLAIM
    assert [part.answer for part in verdict.parts] == ["supported"] * 3
    assert "+0.300 (95 % interval +0.250 to +0.350)" in verdict.parts[0].measured


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"acknowledges": difference(-0.1, -0.2, -0.01)}, 0),
        ({"keeps": difference(-12.0, -15.0, -8.0)}, 1),
        ({"degrades": difference(3.0, 1.0, 5.0)}, 2),
        ({"degrades": difference(0.0, 0.0, 0.0)}, 2),
        ({"degrades": difference(-0.2, -0.8, 0.4)}, 2),
    ],
)
def test_one_part_on_the_other_side_contradicts_it(changes: dict[str, object], part: int) -> None:
    verdict = judge(evidence(**changes))
    assert verdict.verdict == "contradicted"
    assert verdict.parts[part].answer == "contradicted"
    assert verdict.parts[part].says in verdict.reason


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"acknowledges": difference(0.02, -0.01, 0.05)}, 0),
        ({"acknowledges": None}, 0),
        ({"own_first_low": 49.0}, 0),
        ({"keeps": difference(-4.0, -9.0, 1.0)}, 1),
        ({"degrades": difference(-2.0, -5.0, 1.0)}, 2),
    ],
)
def test_an_interval_around_the_line_leaves_it_open(changes: dict[str, object], part: int) -> None:
    verdict = judge(evidence(**changes))
    assert verdict.verdict == "not at this scale"
    assert verdict.parts[part].answer == "not at this scale"


def test_a_reference_that_learnt_nothing_decides_nothing() -> None:
    verdict = judge(evidence(reference=4.0, degrades=difference(0.0, 0.0, 0.0)))
    assert verdict.verdict == "not at this scale"
    assert "4.0 %" in verdict.reason
    assert [part.answer for part in verdict.parts] == ["supported", "not at this scale", "not at this scale"]


def test_a_handful_of_dialogues_decides_nothing() -> None:
    verdict = judge(evidence(dialogues=1))
    assert verdict.verdict == "not at this scale"
    assert "Only 1 test dialogues" in verdict.reason
    assert {part.answer for part in verdict.parts} == {"not at this scale"}


def test_the_margin_and_the_floor_are_settings() -> None:
    worse = evidence(keeps=difference(-4.0, -6.0, -2.0))
    assert judge(worse, margin=5.0).parts[1].answer == "not at this scale"
    assert judge(worse, margin=10.0).parts[1].answer == "supported"
    assert judge(evidence(), floor=50.0).verdict == "not at this scale"
