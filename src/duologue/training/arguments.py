"""From the options that training loops share to transformers' `TrainingArguments`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from duologue.training.evaluation import best_of
from duologue.training.loop_options import LoopOptions, total_steps
from duologue.training.options import TuneOptions


def loop_arguments(folder: Path, options: LoopOptions, precision: str) -> dict[str, Any]:
    """The keywords that say how a loop goes; when it evaluates and what it keeps is the trainer's business.

    Args:
        folder: of the result; checkpoints go into `checkpoints` in it.
        options: of the loop.
        precision: `fp32`, `bf16` or `fp16`.
    """
    return {
        "output_dir": str(folder / "checkpoints"),
        "learning_rate": options.learning_rate,
        "num_train_epochs": options.epochs,
        "max_steps": options.max_steps or -1,
        "per_device_train_batch_size": options.batch_size,
        "per_device_eval_batch_size": options.batch_size,
        "gradient_accumulation_steps": options.accumulate,
        "warmup_steps": options.warmup_steps,
        "lr_scheduler_type": options.scheduler,
        "lr_scheduler_kwargs": None if options.restarts is None else {"num_cycles": options.restarts},
        "weight_decay": options.weight_decay,
        "max_grad_norm": options.max_grad_norm,
        "optim": options.optimizer,
        "seed": options.seed,
        "data_seed": options.seed,
        "use_cpu": not torch.accelerator.is_available(),
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "gradient_checkpointing": options.gradient_checkpointing,
        "remove_unused_columns": False,
        "logging_steps": options.log_steps,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_total_limit": options.keep_checkpoints,
        "report_to": options.report_to or "none",
        "run_name": folder.name,
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def tuning_arguments(
    folder: Path, options: TuneOptions, precision: str, examples: int, *, evaluate: bool
) -> dict[str, Any]:
    """The keywords of a fine-tuning: how its loop goes, when it evaluates, which weights it keeps.

    Args:
        folder: of the result.
        options: of the fine-tuning.
        precision: `fp32`, `bf16` or `fp16`.
        examples: rows of an epoch.
        evaluate: whether there is anything to evaluate on.
    """
    steps = total_steps(options, examples, PartialState().num_processes)
    evaluates = evaluate and options.eval_steps is not None
    best = best_of(options) if evaluates else None
    # Only the best checkpoint at an evaluation can be kept, so the two come together then.
    # Where a checkpoint falls on a logging step, the rows that follow a resume are those of an uninterrupted run.
    fifth = math.ceil(steps / 5 / options.log_steps) * options.log_steps
    return {
        **loop_arguments(folder, options, precision),
        "eval_strategy": "steps" if evaluates else "no",
        "eval_steps": options.eval_steps if evaluates else None,
        "save_steps": options.eval_steps if best else options.save_steps or fifth,
        "load_best_model_at_end": best is not None,
        "metric_for_best_model": None if best is None else best.metric,
        "greater_is_better": None if best is None else best.higher,
        "restore_callback_states_from_checkpoint": best is not None,
    }
