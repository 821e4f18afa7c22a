"""What every fine-tuning trainer gets from us: its adapter's configuration, its callbacks, how it saves."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from peft import LoraConfig
from transformers import EarlyStoppingCallback, PrinterCallback, ProgressCallback

from duologue.training.metrics_log import MetricsLog
from duologue.training.options import LoRA, TuneOptions
from duologue.training.special_tokens import trainable_rows
from duologue.training.what_trains import require_adapters


def adapter_config(model: Any, targets: list[str], lora: LoRA | None, added: list[int]) -> LoraConfig:
    """PEFT's configuration of an adapter.

    Args:
        model: the base model.
        targets: full names of the modules that get it.
        lora: its options.
        added: ids of new tokens, whose rows train beside it.
    """
    assert lora is not None
    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets,
        bias="none",
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
        trainable_token_indices=trainable_rows(model, added, targets),
    )


def equip(
    trainer: Any, folder: Path, options: TuneOptions, targets: list[str] | None, *, name: str, evaluates: bool
) -> None:
    """Give a trainer the curve, early stopping and the way of saving that all of ours have.

    Args:
        trainer: of transformers or TRL, with our additions (`order`).
        folder: of the result.
        options: of the fine-tuning.
        targets: modules that must have an adapter now; None where every weight trains.
        name: of the training, for the lines of progress.
        evaluates: whether there is anything to evaluate on.
    """
    if targets is not None:
        require_adapters(trainer.model, targets)
        # New rows are in the adapter, PEFT would save both whole matrices beside them; a reference is nobody's result.
        trainer.model.save_pretrained = partial(
            trainer.model.save_pretrained, save_embedding_layers=False, selected_adapters=["default"]
        )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(MetricsLog(folder / "metrics.jsonl", name=name, samples=lambda: trainer.samples))
    if options.early_stopping is not None and evaluates:
        trainer.add_callback(EarlyStoppingCallback(options.early_stopping))


def give_head_a_bias(model: Any) -> None:
    """TRL's fused head reads `bias`, which PEFT's wrapper of trained rows does not hand on (peft 0.21, trl 1.16)."""
    head = model.get_output_embeddings()
    if not hasattr(head, "bias"):
        head.bias = None
