"""The warm-up: a hundred steps of drills, and the gate that tells whether the starting weights copy.

warm_up(network, steps=100, vocabulary=(39, 1280)); copying(network, (39, 1280))["repeat"] > 0.9
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from scripts.tiny.drills import drill, lookup, repeat, stop
from scripts.tiny.network import Network, block_mask

_END = 2


def _causal(tokens: Tensor) -> Tensor:
    return block_mask(torch.zeros_like(tokens))


def warm_up(
    network: Network, *, steps: int, vocabulary: tuple[int, int], seed: int = 0, length: int = 256, rate: float = 5e-4
) -> None:
    """Train on drills alone: 16 rows of `length` a step; a higher rate would wear the circuit down."""
    rng = np.random.default_rng(seed)
    adam = torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    for step in range(steps):
        adam.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 20)
        rows = [drill(rng, length=length, vocabulary=vocabulary, end=_END) for _ in range(16)]
        tokens = torch.from_numpy(np.stack([row[0] for row in rows]))
        weights = torch.from_numpy(np.stack([row[1] for row in rows]))[:, 1:].flatten()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            losses = network.losses(tokens[:, :-1], tokens[:, 1:], _causal(tokens[:, 1:]))
        ((losses * weights).sum() / weights.sum()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        adam.zero_grad()


def copying(network: Network, vocabulary: tuple[int, int], *, seed: int = 1, length: int = 512) -> dict[str, float]:
    """Share of the predictable tokens of fresh drills that are predicted, by kind."""
    rng = np.random.default_rng(seed)
    figures = {}
    for name in ("repeat", "lookup", "stop"):
        rows = []
        for _ in range(8):
            if name == "stop":
                rows.append(stop(rng, length, vocabulary, _END))
            else:
                rows.append((repeat if name == "repeat" else lookup)(rng, length, vocabulary))
        tokens = torch.from_numpy(np.stack([row[0] for row in rows]))
        counted = torch.from_numpy(np.stack([row[1] for row in rows]))[:, 1:] > 0
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            guess = network(tokens, _causal(tokens)).argmax(-1)[:, :-1]
        figures[name] = round(float((guess == tokens[:, 1:])[counted].float().mean()), 3)
    return figures
