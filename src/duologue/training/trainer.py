"""From our options to TRL's trainer: configuration, adapter, data."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from peft import LoraConfig
from transformers import EarlyStoppingCallback, PrinterCallback, ProgressCallback
from trl import SFTConfig

from duologue.training.base_model import Base
from duologue.training.evaluation import best_of
from duologue.training.examples import Rows
from duologue.training.metrics_log import MetricsLog
from duologue.training.options import SFTOptions, total_steps
from duologue.training.order import EpochOrder, OrderedSFTTrainer
from duologue.training.packing import PackedCollator
from duologue.training.special_tokens import trainable_rows
from duologue.training.trackers import tensorboard_in


def build_trainer(
    base: Base,
    rows: Rows,
    held_out: Rows | None,
    added: list[int],
    folder: Path,
    options: SFTOptions,
    precision: str,
    name: str,
) -> OrderedSFTTrainer:
    """TRL's SFTTrainer over rows that are already tokenised and masked; nothing is tokenised again."""
    lengths = [len(ids) for ids in rows.columns["input_ids"]]
    order = EpochOrder(lengths, options.batch_size, options.seed, by_length=options.group_by_length)
    with tensorboard_in(folder / "tensorboard"):
        trainer = OrderedSFTTrainer(
            model=base.model,
            args=_config(folder, options, precision, examples=len(rows), evaluate=held_out is not None),
            train_dataset=Dataset.from_dict(rows.columns),
            eval_dataset=None if held_out is None else Dataset.from_dict(held_out.columns),
            processing_class=base.tokenizer,
            peft_config=None if options.lora is None else _adapter(base.model, added, options),
            data_collator=PackedCollator(base.tokenizer.pad_token_id) if options.packing else None,
            order=order,
        )
    head = trainer.model.get_output_embeddings()
    if not hasattr(head, "bias"):
        # TRL's fused head reads `bias`, which PEFT's wrapper of trained rows does not hand on (peft 0.21, trl 1.16).
        head.bias = None
    if options.lora is not None:
        # The new rows are in the adapter; PEFT would save both whole matrices beside them.
        trainer.model.save_pretrained = partial(trainer.model.save_pretrained, save_embedding_layers=False)
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(MetricsLog(folder / "metrics.jsonl", name=name, samples=lambda: trainer.samples))
    if options.early_stopping is not None and held_out is not None:
        trainer.add_callback(EarlyStoppingCallback(options.early_stopping))
    return trainer


def _config(folder: Path, options: SFTOptions, precision: str, *, examples: int, evaluate: bool) -> SFTConfig:
    steps = total_steps(options, examples, PartialState().num_processes)
    evaluates = evaluate and options.eval_steps is not None
    best = best_of(options) if evaluates else None
    # Only the best checkpoint at an evaluation can be kept, so the two come together then.
    # Where a checkpoint falls on a logging step, the rows that follow a resume are those of an uninterrupted run.
    fifth = math.ceil(steps / 5 / options.log_steps) * options.log_steps
    save_steps = options.eval_steps if best else options.save_steps or fifth
    return SFTConfig(
        output_dir=str(folder / "checkpoints"),
        learning_rate=options.learning_rate,
        num_train_epochs=options.epochs,
        max_steps=options.max_steps or -1,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.batch_size,
        gradient_accumulation_steps=options.accumulate,
        warmup_steps=options.warmup_steps,
        lr_scheduler_type=options.scheduler,
        weight_decay=options.weight_decay,
        max_grad_norm=options.max_grad_norm,
        optim=options.optimizer,
        seed=options.seed,
        data_seed=options.seed,
        use_cpu=not torch.accelerator.is_available(),
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        gradient_checkpointing=options.gradient_checkpointing,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        shuffle_dataset=False,
        remove_unused_columns=False,
        logging_steps=options.log_steps,
        logging_first_step=True,
        eval_strategy="steps" if evaluates else "no",
        eval_steps=options.eval_steps if evaluates else None,
        save_strategy="steps",
        save_steps=save_steps,
        save_total_limit=options.keep_checkpoints,
        load_best_model_at_end=best is not None,
        metric_for_best_model=None if best is None else best.metric,
        greater_is_better=None if best is None else best.higher,
        report_to=options.report_to or "none",
        run_name=folder.name,
        disable_tqdm=True,
        restore_callback_states_from_checkpoint=best is not None,
        dataloader_pin_memory=False,
    )


def _adapter(model: Any, added: list[int], options: SFTOptions) -> LoraConfig:
    assert options.lora is not None
    return LoraConfig(
        r=options.lora.r,
        lora_alpha=options.lora.alpha,
        lora_dropout=options.lora.dropout,
        target_modules=options.lora.targets,
        bias="none",
        task_type="CAUSAL_LM",
        trainable_token_indices=trainable_rows(model, added),
    )
