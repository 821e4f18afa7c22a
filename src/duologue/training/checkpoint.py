"""Checkpoints that a killed training goes on from.

The trainer writes `trainer_state.json` last, so a checkpoint that has it readable is whole; a half-written one is
removed, and the one before it is taken.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

CHECKPOINTS = "checkpoints"
"""Their folder in a training's own."""


def last_whole_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint under `folder`; broken newer ones are removed."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=_step, reverse=True):
        if _is_whole(checkpoint):
            return checkpoint
        shutil.rmtree(checkpoint)
    return None


def _step(checkpoint: Path) -> int:
    name = checkpoint.name.removeprefix("checkpoint-")
    return int(name) if name.isdecimal() else -1


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return (checkpoint / "optimizer.pt").exists() or any(checkpoint.glob("global_step*"))
