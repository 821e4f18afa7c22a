"""Every option of fine-tuning, in one place: the command line's help and the recipes' YAML are made of it.

SFTOptions(learning_rate=1e-4, max_steps=200, lora=LoRA(r=16))
SFTOptions(lora=None)              # full fine-tuning
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from duologue.training.loop_options import LoopOptions


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


class TuneOptions(LoopOptions):
    """Options of fine-tuning a language model, whatever it learns from."""

    bits: Annotated[Literal[4, 8] | None, BeforeValidator(lambda bits: {"4": 4, "8": 8}.get(bits, bits))] = None
    """Load the model in 4 or 8 bits (QLoRA); None loads it whole."""
    max_length: Annotated[int, Field(ge=8)] = 1024
    """Longest example in tokens; the view drops the oldest turns of longer ones, the rest is left out."""
    lora: LoRA | None = LoRA()
    """The adapter; None trains every weight."""
    save_steps: Annotated[int | None, Field(ge=1)] = None
    """Steps between two checkpoints; None makes about five in all."""
    best_metric: str | None = None
    """Keep the weights that are best by this figure of the evaluations: `loss`, or with dialogues `bleu`, `success`
    and others; None keeps the last, or with early stopping those of the best loss."""
    early_stopping: Annotated[int | None, Field(ge=1)] = None
    """Stop after so many evaluations without a better `best_metric`, and keep the best weights."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.bits is not None and self.lora is None:
            raise ValueError("bits needs lora: quantised weights cannot be trained")
        if self.early_stopping is not None and self.eval_steps is None:
            raise ValueError("early_stopping needs eval_steps")
        if self.best_metric is not None and self.eval_steps is None:
            raise ValueError("best_metric needs eval_steps")
        return self


class SFTOptions(TuneOptions):
    """Options of supervised fine-tuning."""

    packing: bool = False
    """Several examples in one row; refused where they would see one another with this model."""
    loss: Literal["completion", "all"] = "completion"
    """Which tokens the loss covers: the completion, or all (the response view gives whole dialogues then)."""
    share_history: bool = False
    """The responses of a dialogue are one example (response view): the same loss, and the history is read once."""
    markers: Literal["special", "plain"] = "special"
    """Markers as special tokens (added where the tokenizer lacks them) or as plain text."""
    from_scratch: bool = False
    """Forget the weights: new ones are drawn by `seed` from the model's configuration, and all of them train."""
    find_batch_size: bool = False
    """Take the largest batch that fits the memory: the examples of a whole step, halved (and `accumulate` doubled)
    until they fit."""

    @model_validator(mode="before")
    @classmethod
    def _without_adapter(cls, given: Any) -> Any:
        """From scratch there is no adapter, unless one is asked for, which is refused."""
        if not isinstance(given, dict) or not given.get("from_scratch"):
            return given
        if given.get("lora") is not None or given.get("bits") is not None:
            raise ValueError("from_scratch trains every weight: leave lora and bits out")
        return {**given, "lora": None}

    @model_validator(mode="after")
    def _shares_responses(self) -> Self:
        if self.share_history and self.loss == "all":
            raise ValueError("share_history is for the loss on responses: leave loss out")
        return self
