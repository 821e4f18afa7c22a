"""Batches from a background process: fresh data for as long as the training lasts.

The data come in chunks, each made from its own seed, so a run that resumes at chunk n sees what it would have seen.

    with Stream(maker, seed=0, first=0) as stream:
        chunk, batch = stream.next()
"""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Callable, Iterable
from types import TracebackType

from scripts.tiny.packing import Batch
from scripts.tiny.workers import end_with_parent

Maker = Callable[[int, int], Iterable[Batch]]
"""(seed, chunk number) -> the chunk's batches; must be importable, it runs in another process."""


def _produce(
    maker: Maker, seed: int, first: int, stride: int, out: multiprocessing.Queue[tuple[int, Batch] | BaseException]
) -> None:
    end_with_parent()
    os.nice(5)  # the training step comes first
    chunk = first
    try:
        while True:
            for batch in maker(seed, chunk):
                out.put((chunk, batch))
            chunk += stride
    except BaseException as error:
        out.put(error)
        raise


class Stream:
    """Draws batches ahead of the training.

    Args:
        maker: makes a chunk.
        seed: the run's seed.
        first: number of the first chunk.
        stride: from a chunk to the next (the number of workers, which share the chunks).
        ahead: batches to hold ready.
    """

    def __init__(self, maker: Maker, *, seed: int, first: int = 0, stride: int = 1, ahead: int = 24) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: multiprocessing.Queue[tuple[int, Batch] | BaseException] = context.Queue(ahead)
        self._process = context.Process(target=_produce, args=(maker, seed, first, stride, self._queue), daemon=True)

    def __enter__(self) -> Stream:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def next(self) -> tuple[int, Batch]:
        """The next batch and the number of its chunk.

        Raises:
            RuntimeError: the background process has failed or died.
        """
        while True:
            try:
                item = self._queue.get(timeout=10)
            except queue.Empty:
                if not self._process.is_alive():
                    raise RuntimeError("the data process has died") from None
                continue
            if isinstance(item, BaseException):
                raise RuntimeError("the data process has failed") from item
            return item
