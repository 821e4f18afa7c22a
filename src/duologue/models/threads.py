"""How many threads torch should decode with: measured, because a guess can be many times too slow.

Decoding is a long chain of small steps. Two threads that wait for each other at every step, on two cores
that other work keeps busy, can be many times slower than one; on an idle machine with a large model more
are faster. OMP_NUM_THREADS, where it is set, is taken at its word.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import torch

_ROWS, _REPEATS = 16, 5


def choose_threads(model: Any) -> int:
    """Set and return the number of threads with which this model decodes fastest now.

    Args:
        model: A transformers language model on the CPU.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if os.environ.get("OMP_NUM_THREADS") or cores == 1:
        return int(torch.get_num_threads())
    candidates = sorted({1, *(2**power for power in range(1, 7) if 2**power < cores), cores})
    fastest: int = min(candidates, key=lambda threads: _seconds(model, threads))
    torch.set_num_threads(fastest)
    return fastest


@torch.inference_mode()
def _seconds(model: Any, threads: int) -> float:
    """The median time of one step over a batch."""
    torch.set_num_threads(threads)
    ids = torch.zeros(_ROWS, 1, dtype=torch.long)
    answers = {"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}
    times = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        model(input_ids=ids, use_cache=False, **answers)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)
