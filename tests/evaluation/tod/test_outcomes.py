from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from tiny_town import databases, good_meal, good_stay, meal, stay

from duologue.dialogue import DialoguePrediction, TurnPrediction
from duologue.errors import InputError
from duologue.evaluation.bootstrap import bootstrap, ratio
from duologue.evaluation.inform import InformScore, compare_inform, score_inform
from duologue.evaluation.pairing import pair
from duologue.evaluation.tod.outcomes import TOTAL, Outcome, Rates, compare
from duologue.evaluation.tod.predictions import TodPrediction
from duologue.evaluation.tod.published import PUBLISHED, combined

TOWN = databases()
NEVER = DialoguePrediction("MUL0009", [TurnPrediction(1, "")])


def rows(*predictions: TodPrediction) -> list[DialoguePrediction]:
    """Our own rows of predictions: alternatives of a value in a list, the turn's index."""
    return [
        DialoguePrediction(
            each.id.upper(),
            [
                TurnPrediction(
                    2 * number + 1,
                    turn.response,
                    {domain: {slot: [value] for slot, value in slots.items()} for domain, slots in turn.state.items()},
                    active_domains=turn.active_domains,
                )
                for number, turn in enumerate(each.turns)
                if turn.state is not None
            ],
        )
        for each in predictions
    ]


def scored(*predictions: DialoguePrediction) -> InformScore:
    return score_inform(pair(predictions, [stay(), meal("SNG0000"), stay("MUL0009")]), TOWN)


def test_inform_and_success_of_our_own_predictions_with_reasons() -> None:
    score = scored(*rows(good_stay(), good_meal("sng0000")), NEVER)
    assert score.inform == {"total": pytest.approx(200 / 3), "hotel": 50, "train": 50, "restaurant": 100}
    assert score.success == score.inform
    assert score.dialogues == {"total": 3, "hotel": 2, "train": 2, "restaurant": 1}
    assert (score.states, score.active_domains) == ("predicted", "states")
    failed = score.rows[-1]
    assert (failed.id, failed.inform) == ("MUL0009", False)
    assert [each.kind for each in failed.domains] == ["never active", "never active"]
    assert failed.domains[0].wanted == {"area": "north", "stars": "4"}
    assert failed.domains[0].requested == ["PHONE", "REFERENCE"]
    passed = score.rows[0]
    assert [turn.turn for turn in passed.turns] == [1, 3, 5]
    assert passed.turns[0].user == "A four star place up north?"
    assert passed.turns[0].filled == {"hotel area": "north", "hotel stars": "4"}
    assert passed.turns[1].filled == {}
    interval = score.intervals["inform"][TOTAL]
    assert interval.low <= score.inform[TOTAL] <= interval.high


def test_a_state_that_cannot_be_read_is_empty_and_does_not_make_all_states_gold() -> None:
    [row] = rows(good_stay())
    unread = DialoguePrediction(row.id, [row.turns[0], TurnPrediction(3, row.turns[1].response), row.turns[2]])
    assert scored(unread).states == "predicted"
    blind = DialoguePrediction(row.id, [TurnPrediction(turn.turn, turn.response) for turn in row.turns])
    assert scored(blind).states == "gold"


def test_without_goals_there_are_no_figures() -> None:
    bare = [msgspec.structs.replace(stay(), goal=None), msgspec.structs.replace(meal("SNG0000"), goal=None)]
    with pytest.raises(InputError, match="no dialogue has a goal"):
        score_inform(pair(rows(good_stay(), good_meal("sng0000")), bare), TOWN)
    [given] = score_inform(pair(rows(good_meal("sng0000")), [meal("SNG0000")]), TOWN).rows
    assert given.success


def test_two_systems_are_compared_on_what_both_answered() -> None:
    good, bad = scored(*rows(good_stay(), good_meal("sng0000"))), scored(NEVER, *rows(good_meal("sng0000")))
    found = compare_inform(good, bad)
    assert list(found)[:2] == ["inform", "success"]
    assert found["inform restaurant"].difference == 0  # the one dialogue in common
    assert "inform hotel" not in found
    with pytest.raises(InputError, match="no dialogue in common"):
        compare_inform(scored(*rows(good_stay())), scored(NEVER))


def test_differences_by_hand() -> None:
    right: Outcome = {TOTAL: (True, True), "hotel": (True, True)}
    half: Outcome = {TOTAL: (True, False), "hotel": (True, False)}
    wrong: Outcome = {TOTAL: (False, False), "hotel": (False, False)}
    first = {str(number): right for number in range(40)}
    second = {str(number): right if number < 20 else half if number < 30 else wrong for number in range(40)}
    found = compare(first, second)
    assert found["inform"].difference == pytest.approx(25)
    assert found["success hotel"].difference == pytest.approx(50)
    assert found["success"].p == 0
    assert found["inform"].interval.low > 10
    same = compare(first, first)["success"]
    assert (same.difference, same.p) == (0, 1)


def test_intervals_from_counts_are_those_of_drawing_dialogues() -> None:
    rng = random.Random(3)
    rates, sums = Rates(), []
    for _ in range(400):
        has, passed = rng.random() < 0.4, rng.random() < 0.7
        rates.add({TOTAL: (True, True), **({"hotel": (passed, False)} if has else {})})
        sums.append([float(has), float(has and passed)])
    drawn = bootstrap(np.array(sums), lambda total: ratio(total[:, 1], total[:, 0]), resamples=4000)
    counted = rates.intervals(seed=5)["inform"]["hotel"]
    assert counted.low == pytest.approx(drawn.low, abs=1.2)
    assert counted.high == pytest.approx(drawn.high, abs=1.2)
    assert rates.intervals(seed=5) == rates.intervals(seed=5)


def test_published_rows_add_up() -> None:
    assert len(PUBLISHED) == 27
    for row in PUBLISHED:
        if row.printed is not None and row.system != "DAMD":  # misprinted; its note says so
            assert row.bleu is not None
            assert row.printed == pytest.approx(combined(row.inform, row.success, row.bleu), abs=0.11)
