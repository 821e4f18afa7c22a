from __future__ import annotations

import pytest
from tiny_town import databases, good_meal, good_stay, meal, stay

from duologue.dialogue import Dialogue
from duologue.evaluation.tod.active_domains import active_domains
from duologue.evaluation.tod.evaluator import Evaluation
from duologue.evaluation.tod.explain import explain
from duologue.evaluation.tod.inform_success import DialogueVerdict, Match
from duologue.evaluation.tod.predictions import Survey, TodPrediction, TodTurn
from duologue.evaluation.tod.reference import tod_reference

GIVEN = Survey(1, True, True)


def evaluated(prediction: TodPrediction, dialogue: Dialogue, match: Match = "subset") -> DialogueVerdict:
    return Evaluation(databases(), GIVEN, match=match).add(prediction, tod_reference(dialogue)).verdict


def hotel_turns(*turns: tuple[str, dict[str, str] | None]) -> TodPrediction:
    """Turns about the hotel (None: with an empty state), the last of them about the train, told well."""
    said = [TodTurn(text, {} if state is None else {"hotel": state}, ["hotel"]) for text, state in turns]
    train = TodTurn("[train_id]", {"train": {"departure": "ely", "leave": "10:00"}}, ["train"])
    return TodPrediction("mul0001", [*said, train])


ALL = "[name] , [phone] , [reference]"
NORTH_4 = {"area": "north", "stars": "4"}


def test_good_answers_inform_and_succeed() -> None:
    for prediction, dialogue in ((good_stay(), stay()), (good_meal(), meal())):
        verdict = evaluated(prediction, dialogue)
        assert (verdict.informed, verdict.success) == (True, True)


@pytest.mark.parametrize(
    ("turns", "informed", "success"),
    [
        ([("[name]", NORTH_4), (ALL, NORTH_4)], True, True),
        ([("hello", NORTH_4), ("[phone] [ref]", NORTH_4)], False, False),  # no name
        ([("[name]", {"area": "north"}), ("[phone] [ref]", NORTH_4)], False, False),  # one offered venue has 3 stars
        ([("[name]", {"area": "north"}), (ALL, NORTH_4)], True, True),  # narrowed down before the last mention
        ([("[name]", NORTH_4), (ALL, {"area": "north"})], True, True),  # a broader search replaces nothing
        ([("[name]", NORTH_4), (ALL, {"area": "south"})], False, False),  # another one replaces
        ([("[name]", {"area": "moon"}), (ALL, NORTH_4)], True, True),  # nothing found is no offer
        ([("[name]", None), (ALL, None)], False, False),  # domain not in the state
        ([("[name]", NORTH_4), ("[name]", NORTH_4)], True, False),  # phone and reference never told
        ([(ALL, NORTH_4), ("bye", NORTH_4)], True, False),  # a reference before anything is booked
    ],
)
def test_offers(turns: list[tuple[str, dict[str, str] | None]], informed: bool, success: bool) -> None:
    verdict = evaluated(hotel_turns(*turns), stay())
    assert (verdict.informed, verdict.success) == (informed, success)


def test_only_active_domains_count() -> None:
    good = good_stay()
    silent = TodPrediction(good.id, [turn._replace(active_domains=["taxi"]) for turn in good.turns])
    verdict = evaluated(silent, stay())
    assert not verdict.informed
    assert verdict.domains["hotel"].told == {}


def test_a_train_need_not_be_offered_unless_its_number_is_wanted() -> None:
    dialogue = stay()
    assert dialogue.goal is not None
    turns = good_stay().turns
    without = TodPrediction("mul0001", [*turns[:2], turns[2]._replace(response="there is one .")])
    assert not evaluated(without, dialogue).informed
    dialogue.goal.domains["train"].request = ["price"]
    verdict = evaluated(without, dialogue)
    assert verdict.success
    assert verdict.domains["train"].exempt == "no train was offered and no train number requested"


@pytest.mark.parametrize(("match", "informed"), [("subset", False), ("overlap", True), ("name-free", False)])
def test_overlap_is_content_with_one_fitting_venue(match: Match, informed: bool) -> None:
    broad = hotel_turns((ALL, {"area": "north"}), (ALL, {"area": "north"}))
    assert evaluated(broad, stay(), match).informed is informed


@pytest.mark.parametrize(("match", "informed"), [("subset", False), ("overlap", False), ("name-free", True)])
def test_name_free_needs_no_name(match: Match, informed: bool) -> None:
    nameless = hotel_turns(("there are [choice] .", NORTH_4), ("[phone] [reference]", NORTH_4))
    verdict = evaluated(nameless, stay(), match)
    assert (verdict.informed, verdict.success) == (informed, informed)


def test_active_domains_follow_the_changes_of_the_state() -> None:
    hotel, train = {"area": "north", "stars": "4"}, {"day": "monday"}
    states = [
        {},
        {"hotel": {"area": "north"}},
        {"hotel": {"area": "north"}},
        {"hotel": hotel, "train": train},  # both change: stay
        {"hotel": hotel, "train": train},  # nothing changes after both did: the other one
        {"hotel": hotel, "train": train},
        {"hotel": hotel, "train": train, "taxi": {"leave": "9"}, "restaurant": {"area": "north", "food": "x"}},
    ]
    wanted = [[], ["hotel"], ["hotel"], ["hotel"], ["train"], ["train"], ["restaurant"]]
    assert active_domains(states) == wanted


def reasons(prediction: TodPrediction, match: Match = "subset") -> dict[str, str]:
    town = databases()
    judged = Evaluation(town, GIVEN, match=match).add(prediction, tod_reference(stay()))
    return {each.domain: f"{each.kind}: {each.reason}" for each in explain(judged, town, match).domains}


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (
            [("[name]", {"area": "north"}), ("bye", NORTH_4)],
            "wrong venues: not all of the venues offered fit: stars is 3, the goal wants 4",
        ),
        (
            [("[name]", {"area": "moon"}), ("bye", None)],
            "nothing found: a name was mentioned, but the state finds no venue",
        ),
        (
            [("hi", NORTH_4), ("bye", NORTH_4)],
            "nothing offered: no turn of this domain mentions a name (of a train: its number)",
        ),
        (
            [("[name]", NORTH_4), ("bye", NORTH_4)],
            "not told: PHONE never told (asked for in turn 2); REFERENCE never told",
        ),
        ([("[name]", NORTH_4), (ALL, NORTH_4)], "passed: the venues offered fit the goal"),
    ],
)
def test_reasons(turns: list[tuple[str, dict[str, str] | None]], reason: str) -> None:
    assert reasons(hotel_turns(*turns))["hotel"] == reason


def test_reasons_of_domains_that_never_came_up_or_passed_in_vain() -> None:
    turn = TodTurn(ALL, {"hotel": NORTH_4}, ["hotel"])
    found = reasons(TodPrediction("mul0001", [turn, turn, turn]))
    assert found["train"] == "never active: no turn is about this domain"
    assert found["hotel"] == "other domain failed: this domain passed, another one of the dialogue did not inform"


def test_an_explanation_names_turns_of_the_dialogue_venues_and_state() -> None:
    town = databases()
    judged = Evaluation(town, GIVEN).add(
        hotel_turns(("[name]", {"area": "north"}), ("[phone]", NORTH_4)), tod_reference(stay())
    )
    hotel = explain(judged, town).domains[0]
    assert hotel.offered is not None
    assert (hotel.offered.turn, hotel.offered.count, hotel.offered.venues) == (1, 2, ["oak lodge", "ash house"])
    assert hotel.offered.state == {"area": "north"}
    assert hotel.broken["stars"].found == ["3"]
    assert hotel.told == {"PHONE": 3}
    assert [(each.name, each.asked) for each in hotel.missing] == [("REFERENCE", [])]
