"""The training curve as JSONL, and a line of progress: what a tracker shows, without a tracker.

`metrics.jsonl` holds a row per logging step, e.g. `{"step": 10, "epoch": 0.4, "loss": 2.1, "learning_rate": 0.0003}`,
and a row per evaluation with `eval_loss`, dialogue metrics (`eval_bleu`, …) and sample dialogues where there are some.
It holds no times, so a run that was killed and resumed writes the same bytes as one that was not.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from duologue.training.evaluation import Sample
from duologue.training.metrics_file import read_metrics

logger = logging.getLogger("duologue")
_LEFT_OUT = ("runtime", "per_second", "total_flos", "train_loss", "num_tokens", "entropy")
_SHOWN = 3  # turns of a sample dialogue


class MetricsLog(TrainerCallback):
    """Appends what the trainer logs to a file and tells the progress every few seconds."""

    def __init__(
        self, path: Path, *, name: str, samples: Callable[[], Sequence[Sample]] = tuple, tell_every: float = 10.0
    ) -> None:
        """Log to a file.

        Args:
            path: `metrics.jsonl`.
            name: of the training, for the lines of progress.
            samples: gives the sample dialogues of the last evaluation.
            tell_every: seconds between two lines of progress.
        """
        self.path = path
        self.name = name
        self.samples = samples
        self.tell_every = tell_every
        self._told = 0.0
        self._started = time.monotonic()
        self._first_step = 0
        self._written: set[tuple[int, bool]] = set()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Drop the rows after the checkpoint that training goes on from: they will be written again."""
        self._started, self._first_step = time.monotonic(), state.global_step
        if state.is_world_process_zero:
            rows = [row for row in read_metrics(self.path) if row["step"] <= state.global_step]
            self._written = {(row["step"], "eval_loss" in row) for row in rows}
            self.path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Write a row."""
        if not state.is_world_process_zero or not logs:
            return
        row = {key: value for key, value in logs.items() if not any(part in key for part in _LEFT_OUT)}
        if not any(key in row for key in ("loss", "eval_loss")):
            return
        if "eval_loss" in row:
            if samples := list(self.samples()):
                row["samples"] = samples
            self._tell_evaluation(state.global_step, row)
        which = (state.global_step, "eval_loss" in row)
        if which in self._written:  # evaluated again after a crash between the last step and the end
            return
        self._written.add(which)
        with self.path.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"step": state.global_step, **row}) + "\n")

    def _tell_evaluation(self, step: int, row: dict[str, Any]) -> None:
        """Say how the model is now, and let it speak."""
        figures = ", ".join(
            f"{key.removeprefix('eval_').replace('_', ' ')} {value:.3g}"
            for key, value in row.items()
            if key.startswith("eval_")
        )
        logger.info("%s: evaluation at step %d: %s", self.name, step, figures)
        for sample in row.get("samples", ())[:1]:
            for turn in sample["turns"][:_SHOWN]:
                said = (turn["user"], turn["response"], turn["reference"])
                logger.info("  user: %s\n  model: %s\n  reference: %s", *said)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        last = state.global_step >= state.max_steps
        if state.is_world_process_zero and (last or now - self._told >= self.tell_every):
            self._told = now
            done = state.global_step - self._first_step
            left = (now - self._started) / max(done, 1) * (state.max_steps - state.global_step)
            loss = next((f", loss {row['loss']:.3f}" for row in reversed(state.log_history) if "loss" in row), "")
            logger.info(
                "%s: step %d of %d%s, about %d s left", self.name, state.global_step, state.max_steps, loss, left
            )
