"""Weights in 4 bits on a CPU: where bitsandbytes must not pack them for its fast kernel.

keep_unpacked(model)                   # those that it packs wrongly
keep_unpacked(model, training=True)    # all

On a CPU with AVX-512 BF16, bitsandbytes (0.50) packs a layer's weights at its first inference, for good. A training
that goes on from there has no gradients through it, and a layer whose inputs are no multiple of a block fails.
"""

from __future__ import annotations

from typing import Any

_BLOCK = 64
"""Weights that share a scale, by bitsandbytes' default."""


def keep_unpacked(model: Any, *, training: bool = False) -> None:
    """Leave layers as they were loaded.

    Args:
        model: with `Linear4bit` layers.
        training: all layers; else only those that cannot be packed.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu") and (training or module.in_features % _BLOCK):
            module.support_avx512bf16_for_cpu = False
