"""Carrying a training out: begun, gone on with after a kill, saved, and recorded.

    carry_out(trainer, folder, options, settings, facts, possible=adaptable(base.model), started=time.time())

What differs between trainings (examples, losses, trainers) is settled before; from here on they are alike.
"""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
from accelerate import PartialState

from duologue.training.checkpoint import CHECKPOINTS, last_whole_checkpoint
from duologue.training.evaluation import best_of
from duologue.training.options import TuneOptions
from duologue.training.record import Trained, read_record, write_record
from duologue.training.speed import StepClock, training_card
from duologue.training.threads import fastest_threads, torch_threads
from duologue.training.what_trains import what_trains

logger = logging.getLogger("duologue")


def carry_out(
    trainer: Any,
    folder: Path,
    options: TuneOptions,
    settings: dict[str, Any],
    facts: dict[str, Any],
    *,
    possible: list[str],
    started: float,
) -> Trained:
    """Train from the last whole checkpoint in `folder` to the end, and save.

    Args:
        trainer: with our additions (`order`).
        folder: of the result.
        options: of the fine-tuning.
        settings: what decides the weights, for the record.
        facts: what else the record says; what trains, threads, steps, losses, the best weights and the speed are added.
        possible: the names of all modules that could have an adapter.
        started: seconds since the epoch.
    """
    trainer.add_callback(clock := StepClock())
    trains = what_trains(trainer.model, possible)
    facts = {
        "started": round(started, 1),
        **facts,
        "batch_size": options.batch_size,
        # Sums depend on the number of threads in their last bits, so a resumed training takes the same number.
        "threads": (read_record(folder) or {}).get("threads") or fastest_threads(trainer.model),
        **trains._asdict(),
    }
    is_main = PartialState().is_main_process
    if is_main:
        logger.info("%s: %s", folder, trains)
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder, settings, finished=False, **facts)
    checkpoint = last_whole_checkpoint(folder / CHECKPOINTS)
    with torch_threads(facts["threads"]):
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        if trainer.eval_dataset is not None and options.eval_steps is None:
            facts["eval_loss"] = trainer.evaluate()["eval_loss"]
    trainer.save_model(str(folder))
    if not is_main:
        return Trained(folder, trainer.state.global_step, {})
    (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle of what training.json says in plain words
    record = write_record(
        folder,
        settings,
        finished=True,
        **facts,
        steps=trainer.state.global_step,
        resumed_at=0 if checkpoint is None else int(checkpoint.name.rpartition("-")[2]),
        final_loss=next((row["loss"] for row in reversed(trainer.state.log_history) if "loss" in row), None),
        best=_best(trainer, options),
        seconds=round(time.time() - started, 1),
        speed=msgspec.to_builtins(training_card(trainer, clock, batch_size=options.batch_size)),
    )
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return Trained(folder, trainer.state.global_step, record)


def _best(trainer: Any, options: TuneOptions) -> dict[str, Any] | None:
    """Which evaluation the saved weights are of; None where they are the last."""
    best = best_of(options)
    if best is None or trainer.state.best_metric is None:
        return None
    return {"metric": best.metric, "value": trainer.state.best_metric, "step": trainer.state.best_global_step}
