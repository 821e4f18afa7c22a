"""The engine: runs an operator over a stream of dialogues, many at once, and writes the results in input order.

    with RunFolder(out) as folder:
        outcome = await run(INTERFERENCE, dialogues, desk, InterferenceOptions(), folder, seed=7)

Memory is bounded: the input is read as a window of items moves over it. The same bytes come out whatever the order of
the replies, the number of requests in flight, the shards or the interruptions, because every random choice is seeded
by its item's id and every reply is kept by the ledger; to resume is to run again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from duologue.dialogue import Dialogue
from duologue.errors import DuologueError, InputError
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.operators.items import Skipped, WorkItem, item_rng, item_seed
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.origin import Maker
from duologue.operators.progress import Report, Standing
from duologue.operators.rejects import MODEL, Rejected
from duologue.operators.run_folder import Result, RunFolder
from duologue.operators.shards import Shard
from duologue.prompts.ask import ModelAsk

_AT_WORK = 64
_WINDOW = 1024
_GRACE_SECONDS = 15.0


@dataclass
class Outcome:
    """What a run made.

    Attributes:
        tried: work items that were finished.
        made: dialogues that were made.
        branches: that these have.
        rejected: rejects by gate.
        not_tried: dialogues that the plan passed over, by reason.
        complete: whether every item was done.
        stopped: the failure that stopped the run before its end, where one did.
    """

    tried: int = 0
    made: int = 0
    branches: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    not_tried: Counter[str] = field(default_factory=Counter)
    complete: bool = False
    stopped: DuologueError | None = None

    @property
    def unanswered(self) -> int:
        """Items that have no result only because a model failed; a rerun asks again."""
        return sum(count for gate, count in self.rejected.items() if gate.startswith(MODEL))


class _Numbered(NamedTuple):
    number: int
    item: WorkItem


async def run(
    operator: Operator,
    dialogues: Iterable[Dialogue],
    desk: ModelDesk,
    options: OperatorOptions,
    folder: RunFolder,
    *,
    outcome: Outcome | None = None,
    seed: int = 0,
    shard: Shard | None = None,
    limit: int | None = None,
    at_work: int = _AT_WORK,
    window: int = _WINDOW,
    progress: Report | None = None,
) -> Outcome:
    """Run an operator and write its results.

    Args:
        operator: what is done.
        dialogues: the input, streamed.
        desk: the models; closed by the caller.
        options: the operator's options.
        folder: where the results go; published here, also when the run is stopped or cancelled.
        outcome: is filled in; give one to know what was finished when an error ends the run.
        seed: seeds every random choice.
        shard: do only this share.
        limit: do only the first so many work items (of all shards together).
        at_work: most items at work; a few more than the requests that the models take at once keep these busy, and
            the fewer they are, the sooner the first are finished.
        window: most items at work or waiting, finished, for an earlier one.
        progress: is told where the run stands.

    Returns:
        What was made; `stopped` holds the failure that concerns every item (a dead server, a spent budget).

    Raises:
        InputError: the input or the arguments are unusable.
    """
    outcome = outcome or Outcome()
    work = _Work(operator, desk, options, folder, seed, outcome, at_work, window, progress)
    try:
        plan = operator.plan(dialogues, options, random.Random(f"{operator.name}\0{seed}"))
        await work.through(_numbered(plan, outcome, folder, shard, limit))
        outcome.complete = outcome.stopped is None
    finally:
        work.write_finished()
        folder.publish(complete=outcome.complete)
    return outcome


def _numbered(
    plan: Iterable[WorkItem | Skipped], outcome: Outcome, folder: RunFolder, shard: Shard | None, limit: int | None
) -> Iterator[_Numbered]:
    number = 0
    if limit is not None and limit <= 0:
        return
    for item in plan:
        if isinstance(item, Skipped):
            outcome.not_tried[item.reason] += 1
            folder.skip(item)
            continue
        if shard is None or shard.holds(number):
            yield _Numbered(number, item)
        number += 1
        if number == limit:
            return


class _Work:
    """The window: items at work, in input order."""

    def __init__(
        self,
        operator: Operator,
        desk: ModelDesk,
        options: OperatorOptions,
        folder: RunFolder,
        seed: int,
        outcome: Outcome,
        at_work: int,
        window: int,
        progress: Report | None,
    ) -> None:
        self._operator = operator
        self._desk = desk
        self._options = options
        self._folder = folder
        self._seed = seed
        self._outcome = outcome
        self._at_work = at_work
        self._window = window
        self._progress = progress
        self._maker = Maker.of(operator, options, seed, desk)
        self._tasks: deque[asyncio.Task[Result]] = deque()
        self._running = 0
        self._moved = asyncio.Event()
        self._broken = False

    async def through(self, items: Iterator[_Numbered]) -> None:
        """Do all items; return early, with `outcome.stopped` set, when one meets what every other would meet."""
        try:
            for numbered in items:
                while not self._broken and (self._running >= self._at_work or len(self._tasks) >= self._window):
                    await self._next_done()
                if self._broken:
                    break
                self._start(numbered)
            while self._tasks and not self._broken:
                await self._next_done()
            if self._broken:
                await self._stop()
        finally:
            await self._cancel()

    def write_finished(self) -> None:
        """Write every item that is finished, past those that are not."""
        while self._tasks:
            task = self._tasks.popleft()
            if task.done() and not task.cancelled() and task.exception() is None:
                self._write(task.result())

    async def _do(self, numbered: _Numbered) -> Result:
        number, item = numbered
        name, seed = self._operator.name, self._seed
        ask = ModelAsk(self._desk, seed=item_seed(name, seed, item.id))
        result = Result(number, item.id, [], [])
        try:
            async for made in self._operator.run(item, ask, self._options, item_rng(name, seed, item.id)):
                if isinstance(made, Rejected):
                    result.rejected.append(made)
                else:
                    result.dialogues.append(self._maker.sign(made, item, ask.keys, draw=len(result.dialogues)))
        except ModelFailure as failure:
            if failure.fatal:
                self._broken = True
                raise
            return Result(number, item.id, [], [Rejected.unanswered(item.id, failure)])
        except Exception:
            self._broken = True
            raise
        return result

    def _start(self, numbered: _Numbered) -> None:
        task = asyncio.create_task(self._do(numbered))
        self._tasks.append(task)
        self._running += 1
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Result]) -> None:
        self._running -= 1
        self._moved.set()

    async def _next_done(self) -> None:
        """Wait until an item has ended, and write those that are now first."""
        await self._moved.wait()
        self._moved.clear()
        while self._tasks and self._tasks[0].done() and self._tasks[0].exception() is None:
            self._write(self._tasks.popleft().result())

    def _write(self, result: Result) -> None:
        self._folder.write(result)
        outcome = self._outcome
        outcome.tried += 1
        outcome.made += len(result.dialogues)
        outcome.branches += sum(len(dialogue.branches) for dialogue in result.dialogues)
        for rejected in result.rejected:
            outcome.rejected[rejected.gate] += 1
            self._desk.receipt.reject(rejected.gate)
        if self._progress:
            self._progress(Standing(outcome.tried, len(self._tasks), outcome.made, outcome.rejected.total()))

    async def _stop(self) -> None:
        """Let what is already asked and paid for come in, then raise what is no model's failure."""
        await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)
        errors = [task.exception() for task in self._tasks if task.done() and not task.cancelled()]
        for error in errors:
            if error is not None and (isinstance(error, InputError) or not isinstance(error, DuologueError)):
                raise error
        self._outcome.stopped = next(error for error in errors if isinstance(error, DuologueError))

    async def _cancel(self) -> None:
        waiting = [task for task in self._tasks if not task.done()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
