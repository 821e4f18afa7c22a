"""The speed card: how fast a training or an inference was, on what, and what it took.

A figure of speed says nothing without its machine, so every run keeps both together.

    card = SpeedCard("training", steps_per_second, tokens_per_second, trained_per_second, *machine(model))
    print(card.line())      # training: 1.62 it/s, 2,310 tokens/s (812 trained), 1,204 MB, AMD EPYC 7B13 (2 threads)
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec


class SpeedCard(msgspec.Struct, frozen=True):
    """What a run took.

    Attributes:
        what: `training` or `inference`.
        iterations_per_second: optimiser steps, or answered turns; None where nothing was computed.
        tokens_per_second: tokens read (and, in inference, written), padding left out.
        useful_tokens_per_second: of these, the tokens that the loss covered, or that were written.
        device: its name, on a CPU with the number of threads; None for a server's.
        cuda: the version of CUDA; None on a CPU.
        memory_mb: peak memory in megabytes (10^6 bytes): allocated on the GPU, or resident of this process on a CPU.
        largest_batch: examples or requests computed together.
        longest_reply: in tokens; None in training.
    """

    what: Literal["training", "inference"]
    iterations_per_second: float | None
    tokens_per_second: float | None
    useful_tokens_per_second: float | None
    device: str | None
    cuda: str | None
    memory_mb: float | None
    largest_batch: int | None = None
    longest_reply: int | None = None

    def line(self) -> str:
        """The card in one line."""
        useful = "trained" if self.what == "training" else "written"
        parts = []
        if self.iterations_per_second is not None:
            parts.append(f"{self.iterations_per_second:.3g} it/s")
        if self.tokens_per_second is not None and self.useful_tokens_per_second is not None:
            parts.append(f"{self.tokens_per_second:,.0f} tokens/s ({self.useful_tokens_per_second:,.0f} {useful})")
        if self.memory_mb is not None:
            parts.append(f"{self.memory_mb:,.0f} MB")
        if self.largest_batch:
            parts.append(f"largest batch {self.largest_batch}")
        if self.longest_reply:
            parts.append(f"longest reply {self.longest_reply} tokens")
        if self.device is not None:
            parts.append(self.device if self.cuda is None else f"{self.device}, CUDA {self.cuda}")
        return f"{self.what}: {', '.join(parts)}"


class Machine(NamedTuple):
    """The part of a card that says on what: device, CUDA's version, peak memory in megabytes."""

    device: str
    cuda: str | None
    memory_mb: float | None


def machine(model: Any) -> Machine:
    """Where a torch model computes, and the most memory that was used there so far in this process."""
    import torch

    if model.device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(model.device)
        return Machine(torch.cuda.get_device_name(model.device), torch.version.cuda, peak / 1e6)
    threads = torch.get_num_threads()
    return Machine(f"{_processor()} ({threads} thread{'s' * (threads > 1)})", None, _resident_mb())


def _processor() -> str:
    """The processor's name; on Linux Python itself knows only its architecture."""
    return _line(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _resident_mb() -> float | None:
    """The most memory that this process had resident; None where the system does not say."""
    if (high := _line(Path("/proc/self/status"), "VmHWM")) is not None:
        return int(high.split()[0]) * 1024 / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return None
    # Not on Linux, where a process begins with its parent's figure.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _line(file: Path, name: str) -> str | None:
    """What follows `name:` in a file of the Linux kernel; None where there is no such file or line."""
    if not file.exists():
        return None
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
