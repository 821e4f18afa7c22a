"""The published way from attention tensors to SRA, written out step by step, to compare with.

For every generated token and layer: the mean over heads, the last query's row, the first key set to zero, a zero for
the token itself, renormalised; then the mean over layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def full_tensors(model: Any, ids: Sequence[int]) -> list[Tensor]:
    """[H, T, T] of each layer, from one pass of a model with eager attention."""
    return [each[0] for each in model(torch.tensor([ids]), output_attentions=True, use_cache=False).attentions]


def rows_of(layers: Sequence[Tensor], prompt: int, sinks: int = 1) -> Tensor:
    """[R, T] from full tensors."""
    length = layers[0].shape[-1]
    rows = torch.zeros(length - prompt, length)
    for token in range(length - prompt):
        for layer in layers:
            row = layer.mean(0)[prompt - 1 + token].clone()
            row[:sinks] = 0
            rows[token] += row / row.sum() / len(layers)
    return rows


@torch.no_grad()
def generated(model: Any, prompt: Sequence[int], new: int) -> tuple[list[int], Tensor]:
    """Greedy tokens, and their rows [R, P + R] from `generate(output_attentions=True)` with a cache."""
    out = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        max_new_tokens=new,
        do_sample=False,
        return_dict_in_generate=True,
        output_attentions=True,
    )
    rows = torch.zeros(new, len(prompt) + new)
    for token, layers in enumerate(out.attentions):
        seen = len(prompt) + token
        for layer in layers:
            last = layer[0].mean(0)[-1]
            row = torch.zeros(seen)
            row[seen - len(last) :] = last  # a cache with a sliding window holds the newest keys
            row[0] = 0
            rows[token, :seen] += row / row.sum() / len(layers)
    return out.sequences[0, len(prompt) :].tolist(), rows
