"""How far a run is: a bar on a terminal, now and then a plain line elsewhere.

with progress_to(sys.stderr) as progress:
await run(…, progress=progress)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_LINE_SECONDS = 10.0


class Standing(NamedTuple):
    """Where a run stands: work items finished and at work, dialogues made and rejected."""

    done: int
    at_work: int
    made: int
    rejected: int

    def __str__(self) -> str:
        items = "item" if self.done == 1 else "items"
        dialogues = "dialogue" if self.made == 1 else "dialogues"
        return f"{self.done} {items} done, {self.made} {dialogues} made, {self.rejected} rejected"


class Report(Protocol):
    """Is told where the run stands, after every item."""

    def __call__(self, standing: Standing) -> None:
        """Show it."""
        ...


@contextmanager
def progress_to(stream: TextIO, *, total: int | None = None) -> Iterator[Report]:
    """Show progress on a stream.

    Args:
        stream: where; a bar when it is a terminal, else a line every ten seconds.
        total: number of work items, where it is known.
    """
    if not stream.isatty():
        yield _Lines(stream)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("starting", total=total)
        yield lambda standing: bar.update(task, completed=standing.done, description=str(standing))


class _Lines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = time.monotonic() + _LINE_SECONDS

    def __call__(self, standing: Standing) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_SECONDS
            self._stream.write(f"{standing}\n")
            self._stream.flush()
