"""A stopwatch for the clock and the processor: `begun = Seconds.now(); …; begun.until_now().processor`."""

from __future__ import annotations

import time
from typing import NamedTuple


class Seconds(NamedTuple):
    """Of the clock, and of the processor (all threads)."""

    wall: float
    processor: float

    @classmethod
    def now(cls) -> Seconds:
        return cls(time.perf_counter(), time.process_time())

    def until_now(self) -> Seconds:
        now = Seconds.now()
        return Seconds(now.wall - self.wall, now.processor - self.processor)
