"""A town with a handful of venues, two reference dialogues in it, and predictions that answer them well."""

from __future__ import annotations

from duologue.corpora.venues import Venues
from duologue.dialogue import Act, Dialogue, DomainGoal, Goal, Span, Turn
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.predictions import TodPrediction, TodTurn

DATABASES = {
    "restaurant": [
        {"id": "1", "name": "curry garden", "food": "indian", "area": "centre", "pricerange": "expensive", "type": "r"},
        {"id": "2", "name": "pizza hut", "food": "italian", "area": "centre", "pricerange": "cheap", "type": "r"},
        {"id": "3", "name": "meze bar", "food": "turkish", "area": "?", "pricerange": "cheap", "type": "r"},
    ],
    "hotel": [
        {"id": "1", "name": "oak lodge", "area": "north", "stars": "4", "internet": "yes", "type": "guesthouse"},
        {"id": "2", "name": "ash house", "area": "north", "stars": "3", "internet": "no", "type": "guesthouse"},
        {"id": "3", "name": "elm hotel", "area": "south", "stars": "4", "internet": "yes", "type": "hotel"},
    ],
    "attraction": [
        {"id": "1", "name": "the junction", "type": "mutliple sports", "area": "south", "entrance fee": "?"}
    ],
    "train": [
        {"trainID": "TR1", "departure": "ely", "destination": "cambridge", "leaveAt": "09:00", "arriveBy": "09:17"},
        {"trainID": "TR2", "departure": "ely", "destination": "cambridge", "leaveAt": "11:00", "arriveBy": "11:17"},
        {"trainID": "TR1", "departure": "ely", "destination": "cambridge", "leaveAt": "13:00", "arriveBy": "13:17"},
    ],
}
NORTH = {"hotel": {"area": ["north"], "stars": ["4"]}}
BOTH = NORTH | {"train": {"departure": ["ely"], "leaveat": ["10:00"]}}


def databases() -> Databases:
    return Databases(Venues(DATABASES))


def stay(name: str = "MUL0001") -> Dialogue:
    """A hotel in the north with four stars, its phone and a booking; then a train."""
    goal = Goal(
        {
            "hotel": DomainGoal({"area": "north", "stars": "4"}, ["phone"], {"bookday": "monday"}),
            "train": DomainGoal({"departure": "ely", "leaveat": "10:00"}, ["trainid"]),
        }
    )
    booked = {"hotel": [{"name": "oak lodge", "reference": "X1"}]}
    asked = [Act("hotel", "request", "phone")]
    return Dialogue(
        name,
        [
            Turn("user", "A four star place up north?", state=NORTH),
            Turn("system", "Try Oak Lodge.", spans=[Span("name", "Oak Lodge", 4, 13)]),
            Turn("user", "The phone? And book Monday.", state=NORTH, acts=asked),
            Turn(
                "system",
                "Call 123, it is X1.",
                spans=[Span("phone", "123", 5, 8), Span("ref", "X1", 16, 18)],
                booked=booked,
            ),
            Turn("user", "And a train from Ely after ten.", state=BOTH),
            Turn("system", "TR2 it is.", spans=[Span("trainid", "TR2", 0, 3)], booked=booked),
        ],
        goal=goal,
    )


def meal(name: str = "SNG0002") -> Dialogue:
    """A restaurant that the goal names, and its address."""
    goal = Goal({"restaurant": DomainGoal({"name": "pizza hut"}, ["address"])})
    state = {"restaurant": {"name": ["pizza hut"]}}
    return Dialogue(
        name,
        [
            Turn("user", "Where is Pizza Hut?", state=state),
            Turn("system", "At 1 High Street.", spans=[Span("address", "1 High Street", 3, 16)]),
        ],
        goal=goal,
    )


def good_stay(name: str = "mul0001") -> TodPrediction:
    """Answers to `stay` that inform and succeed."""
    hotel = {"hotel": {"area": "north", "stars": "4"}}
    train = {"train": {"departure": "ely", "leaveAt": "10 am"}}
    return TodPrediction(
        name,
        [
            TodTurn("how about [hotel_name] ?", hotel, ["hotel"]),
            TodTurn("call [hotel_phone] , your reference is [hotel_reference] .", hotel, ["hotel"]),
            TodTurn("[train_id] leaves at [value_time] .", hotel | train, ["train"]),
        ],
    )


def good_meal(name: str = "sng0002") -> TodPrediction:
    """An answer to `meal` that informs and succeeds."""
    return TodPrediction(name, [TodTurn("it is at [address] .", {"restaurant": {"name": "pizza hut"}}, ["restaurant"])])
