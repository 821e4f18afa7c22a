from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_town import databases, good_meal, good_stay, meal, stay

from duologue.dialogue import Dialogue
from duologue.evaluation.tod.evaluator import Evaluation, evaluate_tod
from duologue.evaluation.tod.predictions import Survey, TodPrediction, TodTurn, survey
from duologue.evaluation.tod.reference import Overrides, References, tod_reference
from duologue.evaluation.tod.score import TodScore
from duologue.evaluation.tod.state_tracking import StateTracking

TOWN = databases()
STATES = st.fixed_dictionaries(
    {},
    optional={
        "hotel": st.fixed_dictionaries(
            {}, optional={"area": st.sampled_from(["north", "south"]), "stars": st.just("4")}
        ),
        "train": st.fixed_dictionaries({}, optional={"leaveAt": st.sampled_from(["9:00", "10 am", "2 pm"])}),
        "restaurant": st.fixed_dictionaries({}, optional={"name": st.just("pizza hut"), "food": st.just("thai")}),
    },
)
RESPONSES = st.sampled_from(
    ["[hotel_name] , [phone]", "[name] is [area]", "[train_id] at [time]", "ref [reference]", "[odd] one", "ok !", ""]
)
TURNS = st.builds(TodTurn, RESPONSES, STATES)


def corpus(count: int) -> list[Dialogue]:
    return [stay(f"MUL{number:04d}") if number % 2 else meal(f"SNG{number:04d}") for number in range(count)]


@st.composite
def predictions(draw: st.DrawFn) -> list[TodPrediction]:
    dialogues = corpus(draw(st.integers(1, 6)))
    return [
        TodPrediction(each.id.lower(), draw(st.lists(TURNS, min_size=turns, max_size=turns)))
        for each in dialogues
        for turns in [len(each.turns) // 2]
    ]


def score(rows: Sequence[TodPrediction], dialogues: Sequence[Dialogue] | None = None, **options: Any) -> TodScore:
    evaluation = Evaluation(TOWN, survey(rows), **options)
    return evaluate_tod(evaluation, rows, References(dialogues or corpus(6)))


def apart_from_order(found: TodScore) -> dict[str, object]:
    """All figures but MSTTR, which is defined over the text from the first dialogue to the last."""
    figures = msgspec.to_builtins(found)
    del figures["richness"]["msttr"]
    figures["problems"] = sorted(figures["problems"])
    return dict(figures)


@settings(deadline=None, max_examples=50)
@given(predictions(), st.randoms())
def test_the_order_of_dialogues_changes_nothing(rows: list[TodPrediction], rng: random.Random) -> None:
    shuffled = rng.sample(rows, len(rows))
    dialogues = rng.sample(corpus(6), 6)
    assert apart_from_order(score(shuffled, dialogues)) == apart_from_order(score(rows))


@settings(deadline=None, max_examples=50)
@given(predictions(), st.data())
def test_parts_that_are_merged_are_the_whole(rows: list[TodPrediction], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(rows)))
    first, second = rows[:cut], rows[cut:]
    assert score([*first, *second]) == score(rows)
    counts = [score(part) for part in (first, second)]
    whole = score(rows)
    assert sum(each.inform_count for each in counts) == whole.inform_count
    assert sum(each.success_count for each in counts) == whole.success_count
    assert sum(each.turns for each in counts) == whole.turns


@settings(deadline=None, max_examples=50)
@given(predictions(), st.sampled_from(["subset", "overlap", "name-free"]))
def test_evaluating_again_gives_the_same_and_changes_no_input(rows: list[TodPrediction], match: str) -> None:
    before = copy.deepcopy(rows)
    found = score(rows, match=match)
    assert score(rows, match=match) == found
    assert rows == before


@settings(deadline=None, max_examples=50)
@given(predictions())
def test_overlap_and_name_free_are_never_stricter(rows: list[TodPrediction]) -> None:
    assert score(rows, match="overlap").inform_count >= score(rows).inform_count


def test_a_corpus_in_the_order_of_the_predictions_is_held_one_dialogue_at_a_time() -> None:
    references = References(iter(corpus(6)))
    for number, dialogue in enumerate(corpus(6)):
        found = references.take(f"{dialogue.id}.json")
        assert found is not None
        assert found.id == dialogue.id
        assert not references._waiting, number
    assert references.take("mul0001") is None
    assert references.count() == 6


def test_the_figures_by_hand() -> None:
    silent = TodPrediction("mul0003", [TodTurn("hello !", {}, []) for _ in range(3)])
    found = score([good_stay(), silent, good_meal("sng0000")])
    assert found.inform == {"total": 66.7, "hotel": 50.0, "train": 50.0, "restaurant": 100.0}
    assert found.success == {"total": 66.7, "hotel": 50.0, "train": 50.0, "restaurant": 100.0}
    assert (found.dialogues, found.turns, found.references) == (3, 7, 6)
    assert (found.inform_count, found.success_count, found.active_domains, found.states) == (2, 2, "given", "predicted")
    hypotheses = ["how about NAME?", "call PHONE, your reference is REFERENCE.", "TRAINID leaves at TIME."]
    hypotheses += ["hello!"] * 3 + ["it is at ADDRESS."]
    stay_texts = ["try NAME.", "call PHONE, it is REFERENCE.", "TRAINID it is."]
    wanted = sacrebleu.corpus_bleu(hypotheses, [[*stay_texts, *stay_texts, "at ADDRESS."]]).score
    assert found.bleu == {"spans": pytest.approx(wanted, abs=1e-9)}
    assert found.bleu_signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp")


def test_without_states_gold_ones_are_judged_and_nothing_is_tracked() -> None:
    rows = [
        TodPrediction(each.id, [turn._replace(state=None, active_domains=None) for turn in each.turns])
        for each in (good_stay(), good_meal("sng0000"))
    ]
    found = score(rows)
    assert (found.inform["total"], found.success["total"]) == (100.0, 100.0)
    assert (found.states, found.active_domains, found.dst, found.dst_unified) == ("gold", "states", None, None)


def test_states_that_miss_on_one_turn_are_not_used_at_all() -> None:
    good = good_stay()
    turns = [good.turns[0], good.turns[1]._replace(state=None), good.turns[2]]
    assert score([TodPrediction(good.id, turns)]).states == "gold"


def test_active_domains_from_placeholders() -> None:
    good = good_stay()
    assert score([good], active="placeholders").inform["hotel"] == 100.0
    bare = TodPrediction(good.id, [turn._replace(response="[name] [phone] [reference]") for turn in good.turns])
    assert score([bare], active="placeholders").inform["hotel"] == 0.0


def test_what_does_not_fit_is_counted_and_listed() -> None:
    good = good_stay()
    extra = TodPrediction("sng0000", [*good_meal().turns, TodTurn("[hotel] more", {}, [])])
    short = TodPrediction("mul0001", good.turns[:2])
    rows = [extra, short, short, TodPrediction("nobody", good.turns), TodPrediction("MUL0003.json", good.turns)]
    found = score(rows)
    assert found.problem_counts == {
        "too many turns": 1,
        "too few turns": 1,
        "predicted again": 1,
        "unknown dialogue": 1,
    }
    assert found.problems[:2] == [
        "too many turns: dialogue SNG0000 has 1 system turns; left out: prediction 1",
        "too few turns: dialogue MUL0001: 2 of 3 system turns have a prediction",
    ]
    assert (found.dialogues, found.turns) == (3, 6)
    unknown = TodPrediction("sng0000", [TodTurn("[hotel] and [hotel]", {}, [])])
    assert score([unknown]).unknown_placeholders == {"hotel": 2}


def test_turns_that_say_their_position_may_be_missing_in_between() -> None:
    turns = [turn._replace(position=2 * number + 1) for number, turn in enumerate(good_stay().turns)]
    assert score([TodPrediction("mul0001", [turns[2], turns[0]])]).domains["hotel"] == 1
    odd = score([TodPrediction("mul0001", [*turns, turns[0]._replace(position=4)])])
    assert odd.success["total"] == 100.0
    assert odd.problems == ["too many turns: dialogue MUL0001 has 3 system turns; left out: prediction 4"]


def test_original_files_replace_what_the_corpus_says() -> None:
    none_booked = Overrides(booked={"mul0001": [[], [], []]})
    assert tod_reference(stay(), none_booked).booked == [frozenset()] * 3
    states = Overrides(states={"mul0001": [{"hotel": {"bookDay": "monday"}}] * 3})
    assert tod_reference(stay(), states).states[0] == {"hotel": {"bookday": "monday"}}
    assert tod_reference(stay(), Overrides(goals={})).goal == {}


def test_what_is_derived_from_a_corpus() -> None:
    found = tod_reference(stay())
    assert found.goal["hotel"].requestable == ("PHONE", "REFERENCE")
    assert found.goal["hotel"].booking == {"day": "monday"}
    assert found.goal["train"].informable == {"departure": "ely", "leave": "10:00"}
    assert found.goal["train"].requestable == ("TRAINID",)
    assert found.positions == (1, 3, 5)
    assert found.booked == [frozenset(), {"hotel"}, {"hotel"}]
    assert found.states[2]["train"] == {"departure": "ely", "leave": "10:00"}
    assert found.responses == ["Try [name].", "Call [phone], it is [ref].", "[trainid] it is."]
    assert found.asked == {"hotel": {"PHONE": [2]}}


def test_state_tracking_by_hand() -> None:
    published, unified = StateTracking(), StateTracking(unified=True)
    for tracking in (published, unified):
        tracking.add({"hotel": {"area": "north", "people": "2"}}, {"hotel": {"area": "north", "bookpeople": "2"}})
        tracking.add({"hotel": {"name": "oak"}}, {"hotel": {"name": "oak lodge"}})  # a part is enough
        tracking.add({"hotel": {"area": "north"}}, {"hotel": {"area": "south"}})  # false and missed
    assert published.figures().joint_accuracy == pytest.approx(100 / 3)
    assert published.figures().slot_precision == published.figures().slot_recall == 0.5
    assert unified.figures().joint_accuracy == pytest.approx(200 / 3)
    assert unified.figures().slot_f1 == pytest.approx(75)


def test_a_survey_of_nothing_has_nothing() -> None:
    assert survey([]) == Survey(0, False, False)
