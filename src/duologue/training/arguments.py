"""From the options that training loops share to transformers' `TrainingArguments`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from duologue.training.loop_options import LoopOptions


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
