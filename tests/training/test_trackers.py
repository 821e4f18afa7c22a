"""Trackers: none unless asked for; TensorBoard's event files hold the curve; a missing one is one line."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from toy_task import encode, options

from duologue.errors import InputError
from duologue.training.evaluation import DialogueEvaluation, Evaluated
from duologue.training.metrics_file import read_metrics
from duologue.training.sft import train_sft
from duologue.training.trackers import require_trackers


def test_an_unknown_or_missing_tracker_is_one_line() -> None:
    with pytest.raises(InputError, match=r"^--report-to: there is no tracker 'notebook'; give one of .*wandb$"):
        require_trackers(["notebook"])
    missing = next(name for name in ("wandb", "swanlab", "dvclive") if find_spec(name) is None)
    with pytest.raises(InputError, match=f"^--report-to: {missing} is not installed; pip install {missing}$"):
        require_trackers([missing])
    require_trackers([])


def test_tensorboard_gets_the_curve_and_the_dialogue_metrics(tied_llama: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    before = os.environ.get("TENSORBOARD_LOGGING_DIR")
    evaluation = DialogueEvaluation(lambda model, tokenizer, step: Evaluated({"bleu": step / 2}, []), ("bleu",), "")
    out = tmp_path / "run"
    train_sft(
        encode(),
        model=f"hf:{tied_llama}",
        out=out,
        options=options(8, eval_steps=4, report_to=["tensorboard"]),
        validation=encode(5),
        evaluation=evaluation,
    )
    events = EventAccumulator(str(out / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("eval/bleu")] == [(4, 2.0), (8, 4.0)]
    losses = [row["loss"] for row in read_metrics(out / "metrics.jsonl") if "loss" in row]
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(losses)
    assert os.environ.get("TENSORBOARD_LOGGING_DIR") == before


def test_nothing_is_tracked_by_default_and_where_it_is_does_not_make_another_training(
    tied_llama: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    train_sft(encode(8), model=f"hf:{tied_llama}", out=out, options=options(2))
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == []
    record = json.loads((out / "training.json").read_text())
    assert record["options"]["report_to"] == []
    pytest.importorskip("tensorboard")
    again = train_sft(encode(8), model=f"hf:{tied_llama}", out=out, options=options(2, report_to=["tensorboard"]))
    assert again.record["settings_hash"] == record["settings_hash"]
