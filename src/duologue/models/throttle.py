"""How many requests may be in flight at a server, learnt from how it answers.

Additive increase, multiplicative decrease, as in TCP: each success adds 1/limit, trouble (429, 5xx, a
timeout) halves the limit once per wave of requests. A Retry-After stops everything for that long. When
nothing but failures come back the circuit opens: one request at a time probes the server after ever longer
pauses, and when the last probe fails, everyone waiting is told that the server is dead instead of queueing
up in front of it.

    throttle = Throttle(cap=32)
    async with throttle.slot():      # learns from the ModelFailure that leaves the block, or from its absence
        ...
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from types import TracebackType

from duologue.models.failure import FailureKind, ModelFailure

_CONGESTED: frozenset[FailureKind] = frozenset({"rate_limited", "server_error", "timeout"})
_LIFELESS: frozenset[FailureKind] = frozenset({"unreachable", "server_error", "timeout"})


class Throttle:
    """Lets requests through, never more than `cap` at a time.

    Attributes:
        limit: How many may be in flight now (the whole part counts).
        in_flight: How many are.
        peak: The most there have ever been.
        answered: Whether the server has ever answered, be it with an error.
    """

    def __init__(
        self,
        cap: int = 32,
        *,
        cooldown: float = 1.0,
        failures_to_open: int | None = None,
        probes: int = 5,
        where: str = "",
    ) -> None:
        """Start at full speed.

        Args:
            cap: Most requests in flight.
            cooldown: Seconds that nothing is sent after a 429 without Retry-After, and before the first
                probe.
            failures_to_open: Failures in a row that open the circuit; by default a full wave of them, at
                least 8.
            probes: Failed probes after which the server counts as dead.
            where: The server, for the error.
        """
        self.cap = cap
        self.limit = float(cap)
        self.in_flight = 0
        self.peak = 0
        self.answered = False
        self._cooldown = cooldown
        self._failures_to_open = failures_to_open or max(8, cap)
        self._probes = probes
        self._where = where
        self._failures = 0
        self._failed_probes = -1  # -1: the circuit is closed
        self._lowered = 0.0
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    def slot(self) -> Slot:
        """A place in flight, to be used with `async with`.

        Raises:
            ModelFailure: The server counts as dead (circuit_open).
        """
        return Slot(self)

    @property
    def open(self) -> bool:
        """Whether the circuit is open: only probes are sent."""
        return self._failed_probes >= 0

    async def enter(self) -> float:
        """Wait for a place; return when it was given (seconds, monotonic)."""
        self._refuse_dead()
        if self._waiting or not self._room():
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            self._wake()
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled() and place.exception() is None:
                    self._release()
                raise
        else:
            self._take()
        return time.monotonic()

    def leave(self, entered: float, error: BaseException | None) -> None:
        """Give the place back and learn from what happened."""
        if error is None:
            self._alive()
            self.limit = min(float(self.cap), self.limit + 1 / self.limit)
        elif isinstance(error, ModelFailure):
            self._learn(error, entered)
        self._release()

    def _learn(self, failure: ModelFailure, entered: float) -> None:
        now = time.monotonic()
        if failure.kind in _CONGESTED and entered >= self._lowered:
            self.limit = max(1.0, self.limit / 2)
            self._lowered = now
        if failure.retry_after is not None:
            self._pause(now + failure.retry_after)
        elif failure.kind == "rate_limited":
            self._pause(now + self._cooldown)
        if failure.kind != "unreachable":
            self.answered = self.answered or failure.kind != "timeout"
        if failure.kind not in _LIFELESS:
            self._alive()
            return
        self._failures += 1
        if self.open:
            self._failed_probes += 1
            self._pause(now + self._cooldown * 2.0**self._failed_probes)
        elif self._failures >= self._failures_to_open:
            self._failed_probes = 0
            self._pause(now + self._cooldown)
        if self._failed_probes >= self._probes:
            while self._waiting:
                place = self._waiting.popleft()
                if not place.done():
                    place.set_exception(self._dead())

    def _alive(self) -> None:
        self.answered = True
        self._failures = 0
        self._failed_probes = -1

    def _pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)

    def _room(self) -> bool:
        most = 1 if self.open else int(self.limit)
        return self.in_flight < most and time.monotonic() >= self._paused_until

    def _take(self) -> None:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def _release(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        self._timer = self._timer if self._timer and not self._timer.cancelled() else None
        while self._waiting and self._room():
            place = self._waiting.popleft()
            if not place.done():
                self._take()
                place.set_result(None)
        if self._waiting and self._timer is None:
            pause = self._paused_until - time.monotonic()
            if pause > 0:
                self._timer = asyncio.get_running_loop().call_later(pause, self._resume)

    def _resume(self) -> None:
        self._timer = None
        self._wake()

    def _refuse_dead(self) -> None:
        if self._failed_probes >= self._probes:
            raise self._dead()

    def _dead(self) -> ModelFailure:
        return ModelFailure(
            "circuit_open", f"the server is dead: {self._failures} failures in a row", where=self._where
        )


class Slot:
    """One place in flight."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle

    async def __aenter__(self) -> None:
        self._entered = await self._throttle.enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._throttle.leave(self._entered, error)
