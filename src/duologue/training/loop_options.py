"""The options that every training loop shares: steps, batches, the optimiser, what is logged, seeds.

`SFTOptions` and `ClassifierOptions` add what they learn and which weights they keep.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class LoopOptions(BaseModel):
    """Options of a training loop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    """Peak learning rate."""
    epochs: Annotated[float, Field(gt=0)] = 3.0
    """Passes over the data; `max_steps` goes before it."""
    max_steps: Annotated[int | None, Field(ge=1)] = None
    """Optimiser steps in all."""
    batch_size: Annotated[int, Field(ge=1)] = 8
    """Examples a device takes at once."""
    accumulate: Annotated[int, Field(ge=1)] = 1
    """Batches of one optimiser step."""
    warmup_steps: Annotated[float, Field(ge=0)] = 0
    """Steps of rising learning rate; below 1 a share of all steps."""
    scheduler: Literal["linear", "cosine", "cosine_with_restarts", "constant", "constant_with_warmup"] = "linear"
    """How the learning rate falls."""
    restarts: Annotated[int | None, Field(ge=1)] = None
    """Of `cosine_with_restarts`: how often the rate falls from its peak to 0; 5 in the published steering training."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """AdamW's weight decay."""
    max_grad_norm: Annotated[float, Field(ge=0)] = 1.0
    """Gradients are clipped to this norm; 0 switches clipping off."""
    optimizer: str = "adamw_torch"
    """transformers' name of the optimiser, e.g. `adamw_torch`, `paged_adamw_8bit`."""
    seed: int = 0
    """Decides initialisation, order and dropout."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Precision of the computation; auto is bf16 on a GPU or CPU that multiplies it, else fp32."""
    gradient_checkpointing: bool = False
    """Compute activations twice to save memory."""
    group_by_length: bool = True
    """Batches of similar length: less padding."""
    log_steps: Annotated[int, Field(ge=1)] = 10
    """Steps between two lines in metrics.jsonl."""
    eval_steps: Annotated[int | None, Field(ge=1)] = None
    """Steps between two evaluations; None evaluates once, at the end."""
    keep_checkpoints: Annotated[int, Field(ge=1)] = 2
    """Older checkpoints are removed."""
    report_to: list[str] = []
    """Trackers to report to, by transformers' names: `tensorboard`, `wandb`, `mlflow`, …"""

    @model_validator(mode="after")
    def _restarts_belong_to_their_scheduler(self) -> Self:
        if (self.restarts is not None) != (self.scheduler == "cosine_with_restarts"):
            raise ValueError("restarts and the scheduler cosine_with_restarts belong together: give both or neither")
        return self


def steps_of_an_epoch(options: LoopOptions, examples: int, processes: int = 1) -> int:
    """Optimiser steps that one pass over so many examples makes."""
    batches = math.ceil(examples / (options.batch_size * processes))
    return math.ceil(batches / options.accumulate)


def total_steps(options: LoopOptions, examples: int, processes: int = 1) -> int:
    """Optimiser steps that a training of so many examples makes."""
    if options.max_steps is not None:
        return options.max_steps
    return max(1, math.ceil(options.epochs * steps_of_an_epoch(options, examples, processes)))
