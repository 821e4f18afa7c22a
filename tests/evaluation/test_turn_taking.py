"""Turn-taking, on conversations in which one can count."""

from __future__ import annotations

import math
import random

import pytest
from grown_talk import grown
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.estimate import difference
from duologue.evaluation.turn_taking import measure_turn_taking, score_turn_taking


def two() -> list[Dialogue]:
    one = grown(0, ["Why is that?", "I don't know. Do you?", "why is THAT", "Bye now"])
    other = Dialogue("x", [Turn("system", "Hello there"), Turn("system", "Anybody?", labels={"notes": ["waves"]})])
    return [one, other]


def test_figures_are_what_one_counts() -> None:
    score = score_turn_taking(two(), limit=12)
    values = {name: figure.value for name, figure in score.figures.items()}
    assert values["messages"] == 3.5  # 5 and 2
    assert values["user_opens"] == values["user_ends"] == values["alternating"] == 50
    # message s0 | Why is that | I don't know Do you | why is that | Bye now || Hello there | Anybody
    assert values["words_per_message"] == pytest.approx((2 + 3 + 5 + 3 + 2 + 2 + 1) / 7)
    assert values["words_per_user_message"] == pytest.approx((2 + 5 + 2) / 3)
    assert values["words_per_system_message"] == pytest.approx((3 + 3 + 2 + 1) / 4)
    assert values["user_words"] == pytest.approx(100 * 9 / 18)
    assert values["questions"] == pytest.approx(100 * 3 / 7)
    assert values["user_questions"] == pytest.approx(100 / 3)
    assert values["over_limit"] == pytest.approx(100 / 7)
    assert values["repeated"] == pytest.approx(100 / 7)
    assert values["stage_directions"] == pytest.approx(100 / 7)
    assert score.lengths == {2: 1, 5: 1}


def test_rows_say_where() -> None:
    first, other = score_turn_taking(two(), limit=12).rows
    assert (first.questions, first.user_questions, first.over_limit, first.repeated) == ([1, 2], [2], [2], [3])
    assert (other.opens, other.ends, other.alternating, other.with_directions) == ("system", "system", False, [1])


def test_what_nobody_did_has_no_figure() -> None:
    score = score_turn_taking([Dialogue("x", [Turn("system", "Hello")]), Dialogue("y", [])])
    assert score.conversations == 1
    assert math.isnan(score.figures["words_per_user_message"].value)
    assert score_turn_taking([]).lengths == {}


def test_corpora_that_differ_do_so_beyond_chance() -> None:
    short = measure_turn_taking([grown(at, ["Yes.", "No."] * (1 + at % 2)) for at in range(20)], seed=0)
    long = measure_turn_taking([grown(at, ["Yes.", "No."] * (4 + at % 2)) for at in range(20)], seed=1)
    apart = difference(long.estimates["messages"], short.estimates["messages"])
    assert apart.difference == 6.0
    assert 5 < apart.interval.low < 6 < apart.interval.high < 7
    assert apart.p == 0
    same = difference(long.estimates["user_opens"], short.estimates["user_opens"])
    assert (same.difference, same.p) == (0.0, 1.0)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["yes", "no?", "maybe so"]), max_size=6), max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_dialogues_changes_nothing(said: list[list[str]], rng: random.Random) -> None:
    talk = [grown(at, each) for at, each in enumerate(said)]
    ours = score_turn_taking(talk)
    assert str(score_turn_taking(rng.sample(talk, len(talk)))) == str(ours)
    assert sum(length * count for length, count in ours.lengths.items()) == sum(len(each) + 1 for each in said)
