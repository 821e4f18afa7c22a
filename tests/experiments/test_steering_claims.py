"""The steering claims: figures of made-up replies whose means and trends are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from duologue.evaluation.bootstrap import Figure, Interval
from duologue.evaluation.steering.correlation import Correlation
from duologue.experiments.steering.claims import claims
from duologue.experiments.steering.conditions import Condition
from duologue.experiments.steering.rows import (
    Row,
    difference,
    difference_of_trends,
    followed,
    log_ratio,
    log_sra,
    trend,
)

STANDARD, NEAR = Condition("standard", False), Condition("c1_hf", False)
TUNED = Condition("standard", True)
DEPTHS = (5, 9, 13, 17, 21)


def rows(
    follows: Callable[[int, int], bool], attention: Callable[[int], float] | None = None, n: int = 30
) -> list[Row]:
    """A reply at each depth of n conversations; some noise, so that intervals are no points."""
    rng = np.random.default_rng(3)
    return [
        Row(
            f"{number}-{depth}",
            f"c{number}",
            depth,
            follows(number, depth),
            None if attention is None else attention(depth) * math.exp(rng.normal(0, 0.05)),
            None if attention is None else attention(depth) * (100 + 40 * depth) * math.exp(rng.normal(0, 0.05)),
        )
        for number in range(n)
        for depth in DEPTHS
    ]


def fading(number: int, depth: int) -> bool:
    return number % 10 >= (depth - 5) / 2


def steady(number: int, depth: int) -> bool:
    return (number + depth // 4) % 10 != 0


def test_a_trend_is_the_least_squares_slope_per_ten_utterances() -> None:
    some = rows(fading, lambda depth: math.exp(-5 - depth / 10))
    slope = np.polyfit([row.depth for row in some], [100.0 * row.followed for row in some], 1)[0]
    found = trend(some, followed)
    assert found.value == pytest.approx(10 * slope)
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high < 0
    assert trend(some, log_sra).value == pytest.approx(-1, abs=0.05)


def test_conditions_are_compared_on_the_replies_that_both_have() -> None:
    near, standard = rows(steady), rows(fading)
    fewer = [row for row in near if row.depth < 20]
    ours, theirs = ([row for row in each if row.depth < 20] for each in (near, standard))
    apart = 100 * (np.mean([row.followed for row in ours]) - np.mean([row.followed for row in theirs]))
    assert difference([(fewer, standard)], followed).difference == pytest.approx(apart)
    assert difference([(standard, fewer)], followed).difference == pytest.approx(-apart)
    slopes = [np.polyfit([r.depth for r in each], [100.0 * r.followed for r in each], 1)[0] for each in (ours, theirs)]
    assert difference_of_trends([(fewer, standard)], followed).difference == pytest.approx(10 * (slopes[0] - slopes[1]))


def test_a_reply_without_attention_is_left_out_of_its_mean() -> None:
    known = rows(steady, lambda depth: 0.001)
    lost = [row._replace(sra=None, ratio=0.0) if row.depth == 5 else row for row in known]
    assert trend(lost, log_sra).value == pytest.approx(trend([r for r in known if r.depth > 5], log_sra).value)
    assert math.isfinite(trend(lost, log_ratio).value)


def test_what_the_paper_saw_is_supported() -> None:
    found = {
        STANDARD: rows(fading, lambda depth: math.exp(-6 - depth / 10)),
        NEAR: rows(steady, lambda depth: math.exp(-5 - depth / 50)),
        TUNED: rows(steady, lambda depth: math.exp(-5 - depth / 50)),
    }
    together = Correlation(
        "response_mean", "strategy_name", 9, 0, Figure(0.3), Figure(0.3), {}, Figure(0.8, Interval(0.5, 0.9)), None
    )
    judged = claims(found, together)
    assert {claim.answer for claim in judged} == {"supported"}
    assert len(judged) == 10
    assert "95 % interval" in judged[0].measured
    assert judged[0].measured.startswith("log SRA -1.0")


def test_the_opposite_is_contradicted_and_nothing_is_open() -> None:
    found = {
        STANDARD: rows(steady, lambda depth: math.exp(-5 + depth / 50)),
        NEAR: rows(fading, lambda depth: math.exp(-6 - depth / 10)),
    }
    answers = {claim.says: claim.answer for claim in claims(found, None)}
    assert set(answers.values()) == {"contradicted", "not at this scale"}
    assert [says for says, answer in answers.items() if answer == "not at this scale"] == [
        "The longer the conversation, the less a reply follows its strategy (standard layout)."
    ]


def test_without_attention_only_following_is_judged() -> None:
    judged = claims({STANDARD: rows(fading), NEAR: rows(steady)}, None)
    assert len(judged) == 3
    assert not any("SRA" in claim.measured for claim in judged)


def test_a_few_conversations_decide_nothing() -> None:
    judged = claims({STANDARD: rows(fading, n=9), NEAR: rows(steady, n=9)}, None)
    assert {claim.answer for claim in judged} == {"not at this scale"}
