"""The gate against new wishes: precise enough to leave a life's story alone."""

from __future__ import annotations

import pytest

from duologue.dialogue import Dialogue, DomainGoal, Goal, Turn
from duologue.operators.constraints import no_new_constraint, values

GOAL = Goal(
    {
        "hotel": DomainGoal(
            inform={"area": "north", "pricerange": "cheap", "stars": "4"},
            book={"day": "friday", "people": "2", "stay": "3"},
        ),
        "restaurant": DomainGoal(inform={"food": "italian"}, book={"time": "9:15", "day": "saturday", "people": "5"}),
    }
)
DIALOGUE = Dialogue(
    "MUL1",
    [Turn("user", "Up north .", state={"hotel": {"area": ["north"], "type": ["hotel"]}}), Turn("system", "Yes .")],
    goal=GOAL,
)


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("We want to be in the south for it.", "area 'in the south'"),
        ("We need a table for eight.", "people 'table for eight'"),
        ("There are 7 of us.", "people '7 of us'"),
        ("I only have money for a cheap room, no, an expensive hotel.", "pricerange 'expensive hotel'"),
        ("We leave on Tuesday.", "day 'tuesday'"),
        ("I will stay five nights.", "stay 'five nights'"),
        ("My aunt wants a 5-star place.", "stars '5-star'"),
        ("She so likes chinese food.", "food 'chinese food'"),
        ("He comes at 19:00.", "time 'at 19:00'"),
    ],
)
def test_a_wish_that_contradicts(text: str, mention: str) -> None:
    verdict = no_new_constraint(text, values(DIALOGUE))
    assert not verdict.passed
    assert verdict.evidence.startswith(f"{mention}, but the dialogue has ")


@pytest.mark.parametrize(
    "text",
    [
        "My sister lives up north, in the north of France.",
        "We met in the south of France.",
        "The two of us meet on Friday and Saturday.",
        "A table for five, as ever, at 09:15.",
        "The four star hotel was cheap and I stayed three nights.",
        "It was last Monday that she called; since Tuesday I am free.",
        "I have two dogs and seven cats.",
        "Italian food is her favourite.",
        "I was expensive to raise, my father said.",
        "I have been waiting for three years.",
    ],
)
def test_a_story_that_does_not(text: str) -> None:
    assert no_new_constraint(text, values(DIALOGUE)).passed, no_new_constraint(text, values(DIALOGUE)).evidence


def test_a_slot_that_is_open_cannot_be_contradicted() -> None:
    open_goal = Dialogue("MUL2", [Turn("user", "Hi", state={"hotel": {"area": ["dontcare"]}}), Turn("system", "Hi")])
    assert no_new_constraint("We are in the south on Tuesday, a party of 9.", values(open_goal)).passed


def test_alternatives_and_spellings_are_the_same_value() -> None:
    goal = Goal({"hotel": DomainGoal(inform={"area": "center|north"})})
    known = values(Dialogue("MUL3", [], goal=goal))
    assert no_new_constraint("Our favourite place is in the centre.", known).passed
