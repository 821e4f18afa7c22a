"""Two single-threaded workers instead of one with two threads.

On cores that others use as well, the threads of one process wait for one another in busy loops and a step takes up to
ten times as long; two processes that add up their gradients once a step lose only what the others take.

    run_workers(2, folder, work, argument)        # calls work(Workers(rank, 2), argument) in each
"""

from __future__ import annotations

import datetime
import os
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

from scripts.tiny.network import Network


class Workers:
    """One of `count` workers.

    Args:
        rank: this one's number.
        count: how many there are.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank = rank
        self.count = count

    def sum_gradients(
        self, network: Network, loss: float, weight: float, tokens: int, done: float
    ) -> tuple[float, float, int, float]:
        """Make every worker's gradients those of the weighted mean loss over all workers' batches.

        Returns:
            Summed loss, weight and tokens, and the first worker's view of how much of the run is done.
        """
        numbers = torch.tensor([loss, weight, float(tokens), done if self.rank == 0 else 0.0])
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.cat([numbers, *(gradient.flatten() for gradient in gradients)])
        if self.count > 1:
            distributed.all_reduce(flat)
        loss, weight, tokens_, done = flat[:4].tolist()
        at = 4
        for gradient in gradients:
            gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient) / weight)
            at += gradient.numel()
        return loss, weight, int(tokens_), done


def end_with_parent() -> None:
    """End this process when the one that started it dies; else it would go on by itself, writing the same files."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _enter(rank: int, count: int, meeting: str, work: Callable[[Workers, Any], None], argument: Any) -> None:
    torch.set_num_threads(1)
    if count > 1:
        end_with_parent()
        distributed.init_process_group(
            "gloo",
            init_method=f"file://{meeting}",
            rank=rank,
            world_size=count,
            timeout=datetime.timedelta(minutes=20),
        )
    work(Workers(rank, count), argument)
    if count > 1:
        distributed.destroy_process_group()


def run_workers(count: int, work: Callable[[Workers, Any], None], argument: Any) -> None:
    """Run `work(workers, argument)` in `count` processes (in this one when there is one) and wait for them."""
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        if count == 1:
            _enter(0, 1, meeting, work, argument)
        else:
            multiprocessing.spawn(_enter, args=(count, meeting, work, argument), nprocs=count)
