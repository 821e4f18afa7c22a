"""The throttle halves on trouble, grows back, and opens its circuit on a dead server until it lives again."""

from __future__ import annotations

import asyncio
import time

import pytest

from duologue.models import ModelFailure
from duologue.models.failure import FailureKind
from duologue.models.throttle import Throttle


async def go(throttle: Throttle, kind: FailureKind | None = None, seconds: float = 0.0) -> None:
    async with throttle.slot():
        await asyncio.sleep(seconds)
        if kind:
            raise ModelFailure(kind, "told to")


def test_one_wave_of_trouble_halves_once_and_successes_grow_it_back() -> None:
    async def run() -> None:
        throttle = Throttle(16, cooldown=0.01)
        await asyncio.gather(*(go(throttle, "rate_limited", 0.01) for _ in range(16)), return_exceptions=True)
        assert throttle.limit == 8
        await asyncio.gather(*(go(throttle) for _ in range(8)))
        assert 8.5 < throttle.limit < 9.1
        await asyncio.gather(*(go(throttle) for _ in range(400)))
        assert throttle.limit == 16

    asyncio.run(run())


def test_it_never_falls_below_one() -> None:
    async def run() -> None:
        throttle = Throttle(4, cooldown=0.0)
        for _ in range(5):
            with pytest.raises(ModelFailure):
                await go(throttle, "rate_limited")
        assert throttle.limit == 1
        await go(throttle)

    asyncio.run(run())


def test_a_dead_server_is_probed_and_then_given_up_for_all() -> None:
    async def run() -> None:
        throttle = Throttle(8, cooldown=0.01, probes=3, where="openai:m")
        tries = 0

        async def stubborn() -> None:
            nonlocal tries
            while True:
                try:
                    async with throttle.slot():
                        tries += 1
                        raise ModelFailure("unreachable", "refused")
                except ModelFailure as failure:
                    if failure.kind == "circuit_open":
                        raise

        outcomes = await asyncio.gather(*(stubborn() for _ in range(40)), return_exceptions=True)
        assert all(isinstance(each, ModelFailure) and each.fatal for each in outcomes)
        assert "the server is dead" in str(outcomes[0])
        assert tries <= 8 + 8 + 3  # a wave, what was in flight when the circuit opened, the probes

    asyncio.run(run())


def test_a_server_that_comes_back_closes_the_circuit() -> None:
    async def run() -> None:
        throttle = Throttle(8, cooldown=0.02)
        await asyncio.gather(*(go(throttle, "server_error") for _ in range(8)), return_exceptions=True)
        assert throttle.open
        begun = time.monotonic()
        await go(throttle)
        assert time.monotonic() - begun >= 0.015
        assert not throttle.open
        await asyncio.gather(*(go(throttle, seconds=0.01) for _ in range(8)))
        assert throttle.peak > 1

    asyncio.run(run())


def test_giving_up_while_waiting_leaves_the_place_to_others() -> None:
    async def run() -> None:
        throttle = Throttle(1)
        first = asyncio.create_task(go(throttle, seconds=0.03))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(go(throttle)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.gather(first, *waiting[1:])
        assert throttle.in_flight == 0

    asyncio.run(run())
