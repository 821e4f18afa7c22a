"""Which dialogues are looked at."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from duologue.dialogue import Dialogue, Origin, Turn
from duologue.errors import InputError
from duologue.evaluation.flow.selection import combinations, select


def about(number: int, *services: str) -> Dialogue:
    return Dialogue(f"d{number}", [Turn("user", "hi", state={name: {"area": ["north"]} for name in services})])


CORPUS = [about(1, "restaurant"), about(2, "taxi", "restaurant"), about(3, "hotel"), about(4)]


def ids(dialogues: list[Dialogue]) -> list[str]:
    return [dialogue.id for dialogue in dialogues]


def test_by_services() -> None:
    assert ids(select(CORPUS, services=["restaurant"])) == ["d1", "d2"]
    assert ids(select(CORPUS, services=["restaurant"], exactly=True)) == ["d1"]
    assert ids(select(CORPUS, services=["restaurant", "taxi"])) == ["d2"]
    assert combinations(CORPUS) == {"": 1, "hotel": 1, "restaurant": 1, "restaurant_taxi": 1}
    with pytest.raises(InputError, match=r"exactly the services train; there are restaurant \(2\)"):
        select(CORPUS, services=["train"], exactly=True)


def test_a_limit_does_not_depend_on_the_order() -> None:
    corpus = [about(number) for number in range(50)]
    assert sorted(ids(select(corpus, limit=7))) == sorted(ids(select(corpus[::-1], limit=7)))
    assert set(ids(select(corpus, limit=7))) < set(ids(select(corpus, limit=20)))
    assert set(ids(select(corpus, limit=7))) != set(ids(select(corpus, limit=7, seed=1)))
    assert len(select(corpus, limit=80)) == 50


def test_a_limit_takes_the_same_dialogues_before_and_after() -> None:
    before = [about(number) for number in range(50)]
    after = [replace(each, id=f"{each.id}~0123abcd", origin=Origin("op", parent=each.id)) for each in before]
    assert ids(select(after, limit=7)) == [f"{id}~0123abcd" for id in ids(select(before, limit=7))]
