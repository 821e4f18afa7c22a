"""How many threads torch should train with on the CPU: measured, like those for decoding (`models.threads`).

Training steps are a few large products, which two idle cores share well; on cores that other work keeps busy, threads
that spin for one another made a step ten times slower (1.1 s with one thread, 11 s with two, load 6 on two cores).
`OMP_WAIT_POLICY=PASSIVE`, which the command line sets, takes that away (0.9 s); a library's user may not have set it.
OMP_NUM_THREADS, where it is set, is taken at its word.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from duologue.models.text_classifier import room_of

_ROWS, _TOKENS, _REPEATS = 4, 128, 3


def fastest_threads(model: Any) -> int:
    """The number of threads with which this model trains fastest now."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if model.device.type != "cpu" or cores == 1 or os.environ.get("OMP_NUM_THREADS"):
        return int(torch.get_num_threads())
    was_training = model.training
    model.eval()  # dropout would draw from the generator that the training is seeded by
    fastest = min((1, cores), key=lambda threads: _seconds(model, threads))
    model.train(was_training)
    return fastest


@contextmanager
def torch_threads(number: int) -> Iterator[None]:
    """Within this block torch uses so many threads, afterwards as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _seconds(model: Any, threads: int) -> float:
    """The median time of a forward pass over a small batch."""
    import torch

    ids = torch.zeros(_ROWS, room_of(model.config, _TOKENS), dtype=torch.long)
    inputs = {"input_ids": ids} | ({"labels": ids} if model.config.is_encoder_decoder else {})
    times = []
    with torch_threads(threads), torch.inference_mode():
        for _ in range(_REPEATS):
            begun = time.perf_counter()
            model(**inputs, use_cache=False)
            times.append(time.perf_counter() - begun)
    return statistics.median(times)
