"""Prompts as token ids, and a model to read them with."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM


def ids(seed: int, count: int) -> tuple[int, ...]:
    """So many tokens, drawn."""
    draw = random.Random(seed)
    return tuple(draw.randrange(10, 300) for _ in range(count))


def load(folder: Path, dtype: torch.dtype = torch.float64) -> Any:
    """A causal model of a folder."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
