"""From our options to a trainer, TRL's or for encoder-decoder models transformers': configuration, adapter, data."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

from accelerate import PartialState
from datasets import Dataset
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import (
    DataCollatorForSeq2Seq,
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    Seq2SeqTrainingArguments,
)
from trl import SFTConfig

from duologue.training.arguments import loop_arguments
from duologue.training.base_model import Base
from duologue.training.evaluation import best_of
from duologue.training.examples import IGNORED, Rows
from duologue.training.loop_options import total_steps
from duologue.training.lora_targets import adapted_modules
from duologue.training.metrics_log import MetricsLog
from duologue.training.options import SFTOptions
from duologue.training.order import EpochOrder, OrderedSeq2SeqTrainer, OrderedSFTTrainer
from duologue.training.packing import PackedCollator
from duologue.training.special_tokens import trainable_rows
from duologue.training.trackers import tensorboard_in
from duologue.training.what_trains import require_adapters


def build_trainer(
    base: Base,
    rows: Rows,
    held_out: Rows | None,
    added: list[int],
    folder: Path,
    options: SFTOptions,
    precision: str,
    name: str,
) -> OrderedSFTTrainer | OrderedSeq2SeqTrainer:
    """A trainer over rows that are already tokenised and masked; nothing is tokenised again.

    Raises:
        InputError: an entry of `options.lora.targets` matches no module.
    """
    seq2seq = base.model.config.is_encoder_decoder
    targets = None if options.lora is None else adapted_modules(base.model, options.lora.targets)
    adapter = None if targets is None else _adapter(base.model, targets, added, options)
    lengths = [len(ids) for ids in rows.columns["input_ids"]]
    common = {
        "args": _config(folder, options, precision, len(rows), evaluate=held_out is not None, seq2seq=seq2seq),
        "train_dataset": Dataset.from_dict(rows.columns),
        "eval_dataset": None if held_out is None else Dataset.from_dict(held_out.columns),
        "processing_class": base.tokenizer,
        "order": EpochOrder(lengths, options.batch_size, options.seed, by_length=options.group_by_length),
    }
    with tensorboard_in(folder / "tensorboard"):
        trainer = _seq2seq(base, adapter, options, common) if seq2seq else _causal(base, adapter, options, common)
    if targets is not None:
        require_adapters(trainer.model, targets)
        # The new rows are in the adapter; PEFT would save both whole matrices beside them.
        trainer.model.save_pretrained = partial(trainer.model.save_pretrained, save_embedding_layers=False)
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(MetricsLog(folder / "metrics.jsonl", name=name, samples=lambda: trainer.samples))
    if options.early_stopping is not None and held_out is not None:
        trainer.add_callback(EarlyStoppingCallback(options.early_stopping))
    return trainer


def _causal(base: Base, adapter: LoraConfig | None, options: SFTOptions, common: dict[str, Any]) -> OrderedSFTTrainer:
    collator = PackedCollator(base.tokenizer.pad_token_id) if options.packing else None
    trainer = OrderedSFTTrainer(model=base.model, peft_config=adapter, data_collator=collator, **common)
    head = trainer.model.get_output_embeddings()
    if not hasattr(head, "bias"):
        # TRL's fused head reads `bias`, which PEFT's wrapper of trained rows does not hand on (peft 0.21, trl 1.16).
        head.bias = None
    return trainer


def _seq2seq(
    base: Base, adapter: LoraConfig | None, options: SFTOptions, common: dict[str, Any]
) -> OrderedSeq2SeqTrainer:
    """What TRL does for causal models: prepare quantised weights, put the adapter on; pads carry no loss."""
    model = base.model
    if options.bits is not None:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=options.gradient_checkpointing)
    if adapter is not None:
        if options.gradient_checkpointing:
            model.enable_input_require_grads()
        model = get_peft_model(model, adapter)
    collator = DataCollatorForSeq2Seq(base.tokenizer, model=model, label_pad_token_id=IGNORED)
    return OrderedSeq2SeqTrainer(model=model, data_collator=collator, **common)


def _config(
    folder: Path, options: SFTOptions, precision: str, examples: int, *, evaluate: bool, seq2seq: bool
) -> SFTConfig | Seq2SeqTrainingArguments:
    steps = total_steps(options, examples, PartialState().num_processes)
    evaluates = evaluate and options.eval_steps is not None
    best = best_of(options) if evaluates else None
    # Only the best checkpoint at an evaluation can be kept, so the two come together then.
    # Where a checkpoint falls on a logging step, the rows that follow a resume are those of an uninterrupted run.
    fifth = math.ceil(steps / 5 / options.log_steps) * options.log_steps
    save_steps = options.eval_steps if best else options.save_steps or fifth
    kind = Seq2SeqTrainingArguments if seq2seq else SFTConfig
    own: dict[str, Any] = {"prediction_loss_only": True}
    if not seq2seq:
        own = {"max_length": None, "dataset_kwargs": {"skip_prepare_dataset": True}, "shuffle_dataset": False}
    return kind(
        **loop_arguments(folder, options, precision),
        eval_strategy="steps" if evaluates else "no",
        eval_steps=options.eval_steps if evaluates else None,
        save_steps=save_steps,
        load_best_model_at_end=best is not None,
        metric_for_best_model=None if best is None else best.metric,
        greater_is_better=None if best is None else best.higher,
        restore_callback_states_from_checkpoint=best is not None,
        **own,
    )


def _adapter(model: Any, targets: list[str], added: list[int], options: SFTOptions) -> LoraConfig:
    assert options.lora is not None
    return LoraConfig(
        r=options.lora.r,
        lora_alpha=options.lora.alpha,
        lora_dropout=options.lora.dropout,
        target_modules=targets,
        bias="none",
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
        trainable_token_indices=trainable_rows(model, added, targets),
    )
