"""Requests that arrive together are worked on together: a thread that batches jobs that go well together.

What waits is put in order (by length, say) and cut into batches, and the one with the oldest job goes first: little is
padded, and nothing waits for ever. The event loop stays free while the thread computes.

    batcher = Batcher(prepare=tokenize, order=by_length, work=decode_batch, max_batch=32)
    result = await batcher.submit(job)
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Job = TypeVar("Job")
Prepared = TypeVar("Prepared")
Result = TypeVar("Result")

_SETTLE = 0.004  # seconds without a new job after which a batch that is not full goes off


@dataclass
class _Waiting(Generic[Prepared, Result]):
    prepared: Prepared
    future: asyncio.Future[Result]


class Batcher(Generic[Job, Prepared, Result]):
    """Gathers jobs from an event loop for a worker thread.

    Attributes:
        max_batch: Most jobs in a batch.
        stopped: Set when the work is no longer wanted.
    """

    def __init__(
        self,
        *,
        prepare: Callable[[Job], Prepared],
        order: Callable[[Sequence[Prepared]], Sequence[int]],
        work: Callable[[Sequence[Prepared]], Sequence[Result]],
        max_batch: int,
    ) -> None:
        """Start nothing yet; the thread begins with the first job.

        Args:
            prepare: Makes a job ready (in the thread); may raise, which fails that job only.
            order: The indices of the jobs, so that those lie side by side that go well together.
            work: Does a batch; results in its order; may raise, which fails the whole batch.
            max_batch: Most jobs in a batch.
        """
        self._prepare = prepare
        self._order = order
        self._work = work
        self.max_batch = max_batch
        self._arrivals: queue.SimpleQueue[tuple[Job, asyncio.Future[Result]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.stopped = threading.Event()

    async def submit(self, job: Job) -> Result:
        """Have a job done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="duologue-batcher", daemon=True)
            self._thread.start()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._arrivals.put((job, future))
        return await future

    async def close(self) -> None:
        """Stop the thread; `work` should look at `stopped` now and then."""
        self.stopped.set()
        self._arrivals.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        waiting: list[_Waiting[Prepared, Result]] = []
        while not self.stopped.is_set():
            self._gather(waiting)
            waiting = [each for each in waiting if not each.future.cancelled()]
            if not waiting:
                continue
            ordered = [waiting[index] for index in self._order([each.prepared for each in waiting])]
            place = next(index for index, each in enumerate(ordered) if each is waiting[0])
            first = place // self.max_batch * self.max_batch
            batch = ordered[first : first + self.max_batch]
            chosen = {id(each) for each in batch}
            waiting = [each for each in waiting if id(each) not in chosen]
            try:
                results = self._work([each.prepared for each in batch])
            except Exception as error:
                for each in batch:
                    _settle(each.future, error)
            else:
                for each, result in zip(batch, results, strict=True):
                    _settle(each.future, result)

    def _gather(self, waiting: list[_Waiting[Prepared, Result]]) -> None:
        """Add what has arrived; block while there is nothing, wait a moment while the batch is not full."""
        while not self.stopped.is_set():
            patience = None if not waiting else 0.0 if len(waiting) >= self.max_batch else _SETTLE
            try:
                arrival = self._arrivals.get(block=patience != 0.0, timeout=patience)
            except queue.Empty:
                return
            if arrival is None:
                return
            job, future = arrival
            try:
                waiting.append(_Waiting(self._prepare(job), future))
            except Exception as error:
                _settle(future, error)


def _settle(future: asyncio.Future[Result], outcome: Result | Exception) -> None:
    """Hand an outcome to the event loop, unless it has ended or nobody waits any more."""

    def set_outcome() -> None:
        if future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    loop = future.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(set_outcome)
