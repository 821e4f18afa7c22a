"""User goals in MultiWOZ 2.1's layout: what to find, what fails first, what to ask for, what to book.

>>> goal = sample_goal(random.Random(1), build_town(3), "train")
>>> native_goal(goal)["message"][0].startswith("You ")
True
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod.town import AREAS, ATTRACTION_TYPES, DAYS, PRICES, Row, Town, clock, minutes

DOMAINS = ("taxi", "police", "hospital", "hotel", "attraction", "train", "restaurant")
SEARCH_SLOTS = {
    "restaurant": ["food", "area", "pricerange"],
    "hotel": ["area", "pricerange", "type", "stars", "internet", "parking"],
    "attraction": ["type", "area"],
}
BOOK_SLOTS = {"restaurant": ["people", "day", "time"], "hotel": ["people", "day", "stay"], "train": ["people"]}
_REQUESTABLE = {
    "restaurant": ["phone", "address", "postcode", "phone", "address", "postcode", "area", "pricerange", "food"],
    "hotel": ["phone", "address", "postcode", "phone", "address", "postcode", "area", "pricerange", "stars", "type",
              "internet", "parking"],
    "attraction": ["phone", "address", "postcode", "entrance fee", "phone", "address", "postcode", "area", "type"],
    "train": ["duration", "price", "trainID", "arriveBy", "leaveAt"],
}  # fmt: skip


@dataclass
class DomainGoal:
    """What the user wants of one domain.

    Attributes:
        info: constraints that hold in the end. fail_info: the full first constraints when those find nothing.
        reqt: what to ask for. book: what to book in the end. fail_book: booking values that fail first.
        target: a row that fulfils ``info`` (None for taxi, hospital and police).
    """

    domain: str
    info: dict[str, str]
    fail_info: dict[str, str] = field(default_factory=dict)
    reqt: list[str] = field(default_factory=list)
    book: dict[str, str] = field(default_factory=dict)
    fail_book: dict[str, str] = field(default_factory=dict)
    target: Row | None = None
    commute: bool = False


@dataclass(frozen=True)
class Party:
    """What the domains of one dialogue share, as people travel together."""

    people: str
    day: str


def sample_goal(rng: random.Random, town: Town, split: Split) -> list[DomainGoal]:
    """Draw the domains of a dialogue in their order, and what the user wants of each."""
    party = Party(str(rng.choice((1, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8))), rng.choice(DAYS))
    draw = rng.random()
    venues = ["restaurant", "hotel", "attraction", "train"]
    if draw < 0.27:
        domains = rng.choices([*venues, "taxi", "hospital", "police"], [22, 22, 10, 16, 20, 6, 4])
    else:
        domains = rng.sample(venues, 2 if draw < 0.86 else 3)
    goals = [_domain_goal(rng, town, split, domain, party) for domain in domains]
    places = [g.domain for g in goals if g.domain in SEARCH_SLOTS]
    if len(places) > 1 and rng.random() < 0.4:
        goals.append(DomainGoal("taxi", _taxi_time(rng), reqt=["car type", "phone"], commute=True))
    return goals


def _taxi_time(rng: random.Random) -> dict[str, str]:
    return {rng.choice(("leaveAt", "arriveBy")): clock(rng.randrange(240, 1425, 15))}


def _domain_goal(rng: random.Random, town: Town, split: Split, domain: str, party: Party) -> DomainGoal:
    if domain == "taxi":
        rows = rng.sample(town.parts[split][rng.choice(("restaurant", "hotel", "attraction"))], 2)
        ends = {"departure": rows[0]["name"], "destination": rows[1]["name"]}
        return DomainGoal("taxi", ends | _taxi_time(rng), reqt=["car type", "phone"])
    if domain == "police":
        return DomainGoal("police", {}, reqt=rng.sample(["address", "phone", "postcode"], rng.randint(1, 2)))
    target = rng.choice(town.parts[split][domain])
    if domain == "hospital":
        with_department = rng.random() < 0.7
        info = {"department": target["department"]} if with_department else {}
        return DomainGoal("hospital", info, reqt=rng.sample(["phone", "address", "postcode"], rng.randint(1, 2)))
    if domain == "train":
        return _train_goal(rng, target, party)
    goal = DomainGoal(domain, {}, target=target)
    if rng.random() < 0.22:
        goal.info = {"name": target["name"]}
    else:
        slots = SEARCH_SLOTS[domain]
        count = rng.randint(1, 2) if domain == "attraction" else rng.randint(2, min(4, len(slots)))
        goal.info = {slot: target[slot] for slot in rng.sample(slots, count)}
        if rng.random() < 0.25:
            goal.fail_info = _failing(rng, town, split, domain, goal.info)
    if domain != "attraction" and rng.random() < 0.6:
        _add_booking(rng, goal, party)
    if not goal.book or rng.random() < 0.3:
        known = [s for s in _REQUESTABLE[domain] if s not in goal.info and target[s] != "?"]
        goal.reqt = list(dict.fromkeys(rng.sample(known, min(len(known), rng.randint(1, 3)))))
    return goal


def _train_goal(rng: random.Random, target: Row, party: Party) -> DomainGoal:
    info = {k: target[k] for k in ("departure", "destination", "day")}
    if rng.random() < 0.5:
        info["leaveAt"] = clock(max(0, (minutes(target["leaveAt"]) - rng.randrange(0, 60)) // 15 * 15))
    else:
        arrive = -(-(minutes(target["arriveBy"]) + rng.randrange(0, 60)) // 15) * 15
        info["arriveBy"] = clock(min(arrive, 1425)) if arrive > minutes(target["arriveBy"]) else target["arriveBy"]
        if info["arriveBy"] < target["arriveBy"]:
            info["arriveBy"] = target["arriveBy"]
    goal = DomainGoal("train", info, target=target)
    if rng.random() < 0.55:
        goal.book = {"people": party.people}
    if not goal.book or rng.random() < 0.3:
        told = {"leaveAt", "arriveBy"} & info.keys()
        known = [s for s in _REQUESTABLE["train"] if s not in told]
        goal.reqt = rng.sample(known, rng.randint(1, 2))
    return goal


def _failing(rng: random.Random, town: Town, split: Split, domain: str, info: dict[str, str]) -> dict[str, str]:
    """Change one constraint so that no venue of the whole town fulfils them; ``{}`` where every value finds
    one.
    """
    choices = {
        "food": town.foods[split], "area": list(AREAS), "pricerange": list(PRICES), "stars": list("012345"),
        "type": list(ATTRACTION_TYPES) if domain == "attraction" else ["hotel", "guesthouse"],
    }  # fmt: skip
    slots = [s for s in info if s in choices]
    rng.shuffle(slots)
    for slot in slots:
        values = [v for v in choices[slot] if v != info[slot]]
        rng.shuffle(values)
        for value in values[:6]:
            wrong = info | {slot: value}
            if not town.query(domain, wrong):
                return wrong
    return {}


def _add_booking(rng: random.Random, goal: DomainGoal, party: Party) -> None:
    people = party.people if rng.random() < 0.7 else str(rng.randint(1, 8))
    day = party.day if rng.random() < 0.7 else rng.choice(DAYS)
    goal.book = {"people": people, "day": day}
    if goal.domain == "hotel":
        goal.book["stay"] = str(rng.randint(1, 5))
        slot = rng.choice(("stay", "day"))
    else:
        goal.book["time"] = clock(rng.randrange(600, 1290, 15))
        slot = rng.choice(("time", "time", "day"))
    if rng.random() < 0.2:
        values = {
            "stay": [str(n) for n in range(2, 6)],
            "day": list(DAYS),
            "time": [clock(minutes(goal.book.get("time", "12:00")) + d) for d in (-60, 60)],
        }[slot]
        goal.fail_book = {slot: rng.choice([v for v in values if v != goal.book[slot]])}


def native_goal(goals: list[DomainGoal], town: str) -> dict[str, Any]:
    """Write goals as MultiWOZ 2.1 does, with the message that a human worker would read."""
    native: dict[str, Any] = {domain: {} for domain in DOMAINS}
    message = [_OPENINGS[sum(map(len, (g.domain for g in goals))) % len(_OPENINGS)].format(town=town)]
    for goal in goals:
        entry: dict[str, Any] = {"info": dict(goal.info), "fail_info": dict(goal.fail_info)}
        if goal.reqt:
            entry["reqt"] = list(goal.reqt)
        if goal.book:
            entry["book"] = dict(goal.book) | {"invalid": False}
            if goal.fail_book:
                entry["book"]["pre_invalid"] = True
            entry["fail_book"] = dict(goal.fail_book)
        native[goal.domain] = entry
        message += _message(goal)
    native["message"] = message
    return native


_OPENINGS = (
    "You are planning your time in {town}",
    "You want to know more about {town}",
    "You have just come to {town} and need some help",
)
_NOUNS = {"restaurant": "restaurant", "hotel": "place to stay", "attraction": "place to go", "train": "train",
          "taxi": "taxi", "hospital": "hospital", "police": "police station"}  # fmt: skip


def _strong(text: str) -> str:
    return f"<span class='emphasis'>{text}</span>"


def _message(goal: DomainGoal) -> list[str]:
    first = goal.fail_info or goal.info
    wants = ", ".join(f"{slot} {_strong(value)}" for slot, value in first.items())
    lines = [f"You are looking for a {_strong(_NOUNS[goal.domain])}" + (f". Its details are: {wants}" if wants else "")]
    if goal.commute:
        lines[0] = f"You want a {_strong('taxi')} to go from one of the two places to the other. It should be: {wants}"
    for slot, value in goal.info.items():
        if goal.fail_info and goal.fail_info.get(slot) != value:
            lines.append(f"If there is none, how about {slot} {_strong(value)}")
    if goal.book:
        tried = goal.book | goal.fail_book
        lines.append("Once you have found it, book it for " + ", ".join(f"{s} {_strong(v)}" for s, v in tried.items()))
        lines += [f"If the booking fails, how about {s} {_strong(goal.book[s])}" for s in goal.fail_book]
        lines.append(f"Make sure you get the {_strong('reference number')}")
    if goal.reqt:
        lines.append("Make sure you get " + ", ".join(_strong(slot) for slot in goal.reqt))
    return lines
