"""Torch's threads while training on the CPU: all of this process's cores, whatever decoding had chosen before.

Decoding is a chain of small steps and may be faster with one thread (`models.threads`); a training step is a few large
products, which more threads share well. OMP_NUM_THREADS, where it is set, is taken at its word.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def training_threads() -> Iterator[None]:
    """Within this block torch uses every core it may; afterwards as many as before."""
    import torch

    before = torch.get_num_threads()
    if not os.environ.get("OMP_NUM_THREADS"):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(cores)
    try:
        yield
    finally:
        torch.set_num_threads(before)
