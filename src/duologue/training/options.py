"""Every option of supervised fine-tuning, in one place: the command line's help and the recipes' YAML are made of it.

SFTOptions(learning_rate=1e-4, max_steps=200, lora=LoRA(r=16))
SFTOptions(lora=None)              # full fine-tuning
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _split(targets: Any) -> Any:
    """`attention,ffn` as two; a pattern may have commas of its own."""
    given = [targets] if isinstance(targets, str) else targets
    if not isinstance(given, list):
        return given
    parts = [[each] if str(each).startswith("regex:") else str(each).split(",") for each in given]
    return [name.strip() for some in parts for name in some if name.strip()]


class LoRA(BaseModel):
    """A low-rank adapter (Hu et al. 2021)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    r: Annotated[int, Field(ge=1)] = 16
    """Rank of the update."""
    alpha: Annotated[int, Field(ge=1)] = 32
    """Its scale is alpha / r."""
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Dropout before the adapter."""
    targets: Annotated[list[str], BeforeValidator(_split), Field(min_length=1)] = ["linear"]
    """Modules that get an adapter: `attention`, `ffn`, `linear` (all but the head), `embeddings`, `regex:PATTERN`, or
    names (`q_proj`); several are joined by commas."""


class SFTOptions(BaseModel):
    """Options of supervised fine-tuning."""

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
    bits: Annotated[Literal[4, 8] | None, BeforeValidator(lambda bits: {"4": 4, "8": 8}.get(bits, bits))] = None
    """Load the model in 4 or 8 bits (QLoRA); None loads it whole."""
    gradient_checkpointing: bool = False
    """Compute activations twice to save memory."""
    max_length: Annotated[int, Field(ge=8)] = 1024
    """Longest example in tokens; the view drops the oldest turns of longer ones, the rest is left out."""
    packing: bool = False
    """Several examples in one row; refused where they would see one another with this model."""
    loss: Literal["completion", "all"] = "completion"
    """Which tokens the loss covers: the completion, or all (the response view gives whole dialogues then)."""
    markers: Literal["special", "plain"] = "special"
    """Markers as special tokens (added where the tokenizer lacks them) or as plain text."""
    lora: LoRA | None = LoRA()
    """The adapter; None trains every weight."""
    from_scratch: bool = False
    """Forget the weights: new ones are drawn by `seed` from the model's configuration, and all of them train."""
    group_by_length: bool = True
    """Batches of similar length: less padding."""
    log_steps: Annotated[int, Field(ge=1)] = 10
    """Steps between two lines in metrics.jsonl."""
    eval_steps: Annotated[int | None, Field(ge=1)] = None
    """Steps between two evaluations; None evaluates once, at the end."""
    save_steps: Annotated[int | None, Field(ge=1)] = None
    """Steps between two checkpoints; None makes about five in all."""
    keep_checkpoints: Annotated[int, Field(ge=1)] = 2
    """Older checkpoints are removed."""
    best_metric: str | None = None
    """Keep the weights that are best by this figure of the evaluations: `loss`, or with dialogues `bleu`, `success`
    and others; None keeps the last, or with early stopping those of the best loss."""
    early_stopping: Annotated[int | None, Field(ge=1)] = None
    """Stop after so many evaluations without a better `best_metric`, and keep the best weights."""
    report_to: list[str] = []
    """Trackers to report to, by transformers' names: `tensorboard`, `wandb`, `mlflow`, …"""
    find_batch_size: bool = False
    """Take the largest batch that fits the memory: the examples of a whole step, halved (and `accumulate` doubled)
    until they fit."""

    @model_validator(mode="before")
    @classmethod
    def _without_adapter(cls, given: Any) -> Any:
        """From scratch there is no adapter, unless one is asked for, which is then refused."""
        if isinstance(given, dict) and given.get("from_scratch") and "lora" not in given:
            return {**given, "lora": None}
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> SFTOptions:
        if self.from_scratch and (self.lora is not None or self.bits is not None):
            raise ValueError("from_scratch trains every weight: leave lora and bits out")
        if self.bits is not None and self.lora is None:
            raise ValueError("bits needs lora: quantised weights cannot be trained")
        if self.early_stopping is not None and self.eval_steps is None:
            raise ValueError("early_stopping needs eval_steps")
        if (self.restarts is not None) != (self.scheduler == "cosine_with_restarts"):
            raise ValueError("restarts and the scheduler cosine_with_restarts belong together: give both or neither")
        if self.best_metric is not None and self.eval_steps is None:
            raise ValueError("best_metric needs eval_steps")
        return self


def total_steps(options: SFTOptions, examples: int, processes: int = 1) -> int:
    """Optimiser steps that a training of so many examples makes."""
    if options.max_steps is not None:
        return options.max_steps
    batches = math.ceil(examples / (options.batch_size * processes))
    return max(1, math.ceil(options.epochs * math.ceil(batches / options.accumulate)))
