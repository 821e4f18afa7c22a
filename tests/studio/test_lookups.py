"""Many clicks at once are looked up together; each gets its own answer, and a failure is theirs who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from duologue.studio.store.lookups import Lookups
from duologue.studio.store.store import Asked, Place


def test_what_comes_in_one_moment_is_asked_for_once() -> None:
    queries: list[list[Place]] = []

    def ask(places: Collection[Place]) -> dict[Place, Asked]:
        queries.append(sorted(places))
        return {place: Asked(None, f"{place[0]}{place[1]}") for place in places}

    async def run() -> list[Asked]:
        lookups = Lookups(ask)
        first = await asyncio.gather(*(lookups.of(who, at) for at in range(3) for who in "abba"))
        return [*first, await lookups.of("c", 7)]

    found = asyncio.run(run())
    assert [each.item for each in found] == [f"{who}{at}" for at in range(3) for who in "abba"] + ["c7"]
    assert queries == [[("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("b", 2)], [("c", 7)]]


def test_a_failure_is_told_and_the_next_are_looked_up() -> None:
    failures = iter([True, False])

    def ask(places: Collection[Place]) -> dict[Place, Asked]:
        if next(failures):
            raise ConnectionError("the database went away")
        return {place: Asked(None, "here") for place in places}

    async def run() -> Asked:
        lookups = Lookups(ask)
        told = await asyncio.gather(lookups.of("a", 0), lookups.of("b", 0), return_exceptions=True)
        assert [str(each) for each in told] == ["the database went away"] * 2
        return await lookups.of("a", 0)

    assert asyncio.run(run()).item == "here"


@pytest.mark.parametrize("gives_up", [True, False])
def test_who_gives_up_holds_nobody_up(gives_up: bool) -> None:
    async def run() -> Asked:
        lookups = Lookups(lambda places: {place: Asked(None, "here") for place in places})
        first, second = (asyncio.create_task(lookups.of("a", 0)) for _ in range(2))
        await asyncio.sleep(0)
        if gives_up:
            first.cancel()
        return await second

    assert asyncio.run(run()).item == "here"
