"""Trainers: supervised fine-tuning with or without LoRA, packing, merging; torch is imported when a trainer runs."""

from duologue.training.options import LoRA, SFTOptions

__all__ = ["LoRA", "SFTOptions"]
