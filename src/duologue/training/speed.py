"""How fast a training was: seconds of its steps, evaluations and checkpoints left out, and the tokens they took.

Only the steps of this process count, so a resumed training tells the speed of its second part.
"""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback

from duologue.models.speed_card import SpeedCard, machine
from duologue.training.examples import IGNORED


class CountsTokens:
    """Mixin of a transformers `Trainer`: counts the tokens of the batches that it is trained on.

    The counts stay on the device until they are read, so that no step waits for them.
    """

    read_tokens: Any = 0
    trained_tokens: Any = 0

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The trainer's own step; a trainer of pairs, whose batches have no labels, counts for itself."""
        if "labels" in inputs:
            labels, mask = inputs["labels"], inputs.get("attention_mask")
            trained = (labels != IGNORED).sum()
            read = labels.numel() if mask is None else mask.sum()
            # An encoder-decoder's labels are tokens, and no part of what its encoder reads; a class is no token.
            apart = mask is not None and labels.ndim > 1 and mask.shape != labels.shape
            self.count_tokens(read=read + (trained if apart else 0), trained=trained)
        trainer: Any = super()
        return trainer.training_step(model, inputs, *args, **options)

    def count_tokens(self, *, read: Any, trained: Any) -> None:
        """Add the tokens of a batch."""
        self.read_tokens = self.read_tokens + read
        self.trained_tokens = self.trained_tokens + trained


class StepClock(TrainerCallback):
    """Adds up the seconds of training steps."""

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0
        self._mark = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """From here on it counts."""
        self._mark = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A step is done."""
        now = time.perf_counter()
        self.steps, self.seconds, self._mark = self.steps + 1, self.seconds + now - self._mark, now

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """What was done since the last step was no training."""
        self._mark = time.perf_counter()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """What was done since the last step was no training."""
        self._mark = time.perf_counter()


def training_card(trainer: Any, clock: StepClock, *, batch_size: int) -> SpeedCard:
    """The speed card of a training in this process; with several processes, each has its share of the tokens.

    Args:
        trainer: with `CountsTokens`.
        clock: the trainer's callback.
        batch_size: examples that it took at once.
    """
    seconds = clock.seconds or None
    device, cuda, memory = machine(trainer.model)
    return SpeedCard(
        "training",
        iterations_per_second=None if seconds is None else clock.steps / seconds,
        tokens_per_second=None if seconds is None else int(trainer.read_tokens) / seconds,
        useful_tokens_per_second=None if seconds is None else int(trainer.trained_tokens) / seconds,
        device=device,
        cuda=cuda,
        memory_mb=memory,
        largest_batch=batch_size,
    )
