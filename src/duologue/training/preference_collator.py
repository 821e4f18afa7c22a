"""Batches of preference pairs: all chosen sides, then all rejected ones, with a mask of the tokens that count.

    batch = PairCollator(pad=tokenizer.pad_token_id)(rows)
    batch["input_ids"].shape             # (2 x pairs, tokens)

TRL's own collator counts every token of a continuation; here a simulated user's in a trajectory count for nothing,
for policy and reference alike, because both are scored on these tensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from trl.trainer.utils import pad


@dataclass(frozen=True)
class PairCollator:
    """Makes what DPOTrainer's loss reads, and `row`, the number of each pair.

    Attributes:
        pad: id of the padding token.
    """

    pad: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Collate rows of `chosen_ids`, `chosen_trained`, `rejected_ids`, `rejected_trained` and `row`."""
        ids = [torch.tensor(row[f"{side}_ids"]) for side in ("chosen", "rejected") for row in rows]
        marks = [torch.tensor(row[f"{side}_trained"]).long() for side in ("chosen", "rejected") for row in rows]
        return {
            "input_ids": pad(ids, padding_value=self.pad, padding_side="right"),
            "attention_mask": pad([torch.ones_like(each) for each in ids], padding_value=0, padding_side="right"),
            "completion_mask": pad(marks, padding_value=0, padding_side="right"),
            "row": torch.tensor([row["row"] for row in rows]),
        }
