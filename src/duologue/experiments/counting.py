"""How far a long piece of work is: a counter on a terminal, now and then a plain line elsewhere.

with counting(sys.stderr, "dialogues answered") as advance: advance()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_LINE_SECONDS = 10.0


@contextmanager
def counting(stream: TextIO, what: str, *, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show a count that grows by one at each call.

    Args:
        stream: where; a bar when it is a terminal, else a line every ten seconds.
        what: what is counted, e.g. "dialogues answered".
        total: how many there will be, where it is known.
    """
    if stream.isatty():
        columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=stream), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
        return
    count, shown = 0, time.monotonic()

    def advance() -> None:
        nonlocal count, shown
        count += 1
        if time.monotonic() - shown >= _LINE_SECONDS:
            shown = time.monotonic()
            stream.write(f"{what}: {count}\n")
            stream.flush()

    yield advance
