"""The choice of the turn: one hand-made dialogue per rule of the published algorithm."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from duologue.dialogue import Act, Dialogue, Insertion, Turn
from duologue.operators.turn_choice import choose_exchanges, compatible_prefix, exchanges


def turns(*domains: str) -> list[Turn]:
    """Turns by turns, the user first; each word lists the domains of its acts, `-` is a turn without acts."""
    return [
        Turn(
            ("user", "system")[index % 2],
            f"turn {index}",
            acts=None if names == "-" else [Act(name, "inform") for name in names.split("+")],
        )
        for index, names in enumerate(domains)
    ]


@pytest.mark.parametrize(
    ("rule", "domains", "expected"),
    [
        ("one domain all along", ["hotel", "hotel", "hotel", "hotel"], 4),
        ("an odd last turn is dropped", ["hotel", "hotel", "hotel"], 2),
        ("stops at another domain", ["hotel", "hotel", "train", "train"], 2),
        ("a stop at a system turn drops the question too", ["hotel", "hotel", "hotel", "train"], 2),
        ("booking and general go on", ["hotel", "booking", "general", "hotel"], 4),
        ("a booking beside another domain goes on", ["hotel", "hotel", "train+booking", "hotel"], 4),
        ("general beside another domain goes on", ["hotel", "hotel", "train+general", "hotel"], 4),
        ("several domains stop, even with the first", ["hotel", "hotel", "hotel+train", "train"], 2),
        ("several acts of one domain go on", ["hotel", "hotel+hotel", "hotel", "hotel"], 4),
        ("no acts stop once the domain is known", ["hotel", "hotel", "-", "hotel"], 2),
        ("no acts go on before it is known", ["-", "-", "hotel", "hotel", "train", "train"], 4),
        ("general does not make the domain", ["general", "general", "taxi", "taxi", "hotel", "hotel"], 4),
        ("of several the first that is not general", ["general+train+hotel", "train", "hotel", "hotel"], 2),
        ("the opening turn may name several", ["train+hotel", "train", "train", "train"], 4),
        ("an unknown domain goes on", ["hotel", "hotel", "bus", "hotel"], 4),
        ("one turn kept takes the reply along", ["hotel", "train", "train", "train"], 2),
        ("nobody names a domain", ["-", "general", "-", "general"], 4),
        ("a single turn is no exchange", ["hotel"], 0),
        ("nothing", [], 0),
    ],
)
def test_the_compatible_prefix(rule: str, domains: list[str], expected: int) -> None:
    assert compatible_prefix("MUL0001", turns(*domains)) == expected, rule


@pytest.mark.parametrize(
    ("name", "expected"), [("SNG0073", 4), ("SSNG0009", 4), ("WOZ20001", 2), ("PMUL0001", 2), ("MUL0001", 2)]
)
def test_single_domain_dialogues_are_compatible_throughout(name: str, expected: int) -> None:
    assert compatible_prefix(name, turns("hotel", "hotel", "train", "train")) == expected


def test_a_domain_in_capitals_is_the_same_domain() -> None:
    assert compatible_prefix("MUL1", turns("Hotel", "hotel", "HOTEL", "hotel")) == 4


def test_every_exchange_is_drawn_about_equally_often() -> None:
    dialogue = Dialogue("MUL0001", turns(*["hotel"] * 6))
    drawn = Counter(choose_exchanges(dialogue, 1, random.Random(seed))[0] for seed in range(600))
    assert set(drawn) == {0, 2, 4}
    assert min(drawn.values()) > 150


def test_several_exchanges_are_distinct_and_in_order() -> None:
    dialogue = Dialogue("MUL0001", turns(*["hotel"] * 10))
    for seed in range(20):
        chosen = choose_exchanges(dialogue, 3, random.Random(seed))
        assert len(set(chosen)) == 3
        assert chosen == sorted(chosen)
    assert choose_exchanges(dialogue, 9, random.Random(0)) == [0, 2, 4, 6, 8]


def test_chat_and_exchanges_that_have_a_backstory_are_passed_over() -> None:
    chat = [
        Turn("user", "My sister turns 30!", labels={"fusedchat": ["prepended"]}),
        Turn("system", "How lovely.", labels={"fusedchat": ["prepended"]}),
    ]
    task = turns("hotel", "hotel", "hotel", "hotel")
    task[0].insertions.append(Insertion("backstory", "It is her birthday.", "after"))
    assert exchanges(Dialogue("MUL0001", chat + task)) == [4]


def test_an_empty_turn_is_no_exchange() -> None:
    task = turns("hotel", "hotel", "hotel", "hotel")
    task[1].text = "  "
    assert exchanges(Dialogue("SNG01", task)) == [2]
