"""What a policy did while it was trained, as JSONL: a line a state that was sampled.

    for row in read_rows("runs/act/rollouts.jsonl", Rolled): print(row.step, row.id, row.outcome, row.reasons)

A training that goes on after a kill drops what came after its checkpoint and writes it again, so the file is what an
uninterrupted run writes. With several processes the second writes `rollouts-1.jsonl`, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from transformers import TrainerCallback

from duologue.dialogue import read_rows, write_rows
from duologue.views.preference import Outcome, Reason, Rollout


class Rolled(msgspec.Struct, frozen=True, omit_defaults=True):
    """A state that was sampled.

    Attributes:
        step: optimiser steps done before.
        id: of the state.
        action: the gold action.
        outcome: what became of the samples.
        reasons: why.
        rollouts: the samples.
    """

    step: int
    id: str
    action: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    rollouts: tuple[Rollout, ...]


class RolloutLog(TrainerCallback):
    """Appends lines; at the beginning it drops those that will be written again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rollouts.jsonl"

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Keep what was sampled before the checkpoint that training goes on from."""
        if args.process_index:
            self.path = self.path.with_name(f"rollouts-{args.process_index}.jsonl")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = []
        if self.path.exists():
            kept = [row for row in read_rows(self.path, Rolled, growing=True) if row.step < state.global_step]
        write_rows(self.path, kept)

    def write(self, rows: Sequence[Rolled]) -> None:
        """Append lines."""
        with self.path.open("ab") as out:
            for row in rows:
                out.write(msgspec.json.encode(row) + b"\n")
