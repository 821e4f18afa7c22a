"""A run as a row of the results table, from the files that it left.

A run is the folder of a training (its figures are those on the development dialogues), a file of predictions with the
summary that `duologue respond` writes beside it, or the scores of such a file (`duologue evaluate tod --json`). Scores
name their predictions, predictions their model, and a trained model its training, so one row has it all.

    rows_of(Path("runs/scores.json"))[0]["BLEU"]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from duologue.errors import InputError
from duologue.training.metrics_file import read_metrics
from duologue.training.options import SFTOptions

COLUMNS = (
    *("run", "model", "parameters", "BLEU", "success", "inform", "richness", "joint goal accuracy"),
    *("trained parameters", "it/s", "tokens/s", "MB", "device"),
)
Row = dict[str, str]
"""A cell for each of `COLUMNS`."""

SUMMARY = ".summary.json"
_TRAINING = "training.json"
_APART = {"learning_rate", "max_steps", "batch_size", "accumulate", "lora", "bits"}
_HOUSEKEEPING = {
    *("log_steps", "eval_steps", "save_steps", "keep_checkpoints", "report_to", "find_batch_size", "epochs"),
    *("early_stopping", "best_metric"),
}


def rows_of(run: Path) -> list[Row]:
    """The row of a run; of a folder that holds several, all of theirs.

    Raises:
        InputError: it is none.
    """
    if run.is_dir():
        return _rows_below(run)
    found = _json(run) if run.suffix == ".json" else None
    if found is not None and "predictions" in found:
        return [_scored(run, found)]
    if Path(f"{run}{SUMMARY}").is_file():
        return [_answered(run)]
    raise InputError(
        "no run",
        where=str(run),
        mend="give a training's folder, predictions of duologue respond, or the --json of duologue evaluate tod",
    )


def _rows_below(folder: Path) -> list[Row]:
    if (folder / _TRAINING).is_file():
        return [_trained(folder)]
    rows = [_trained(path.parent) for path in sorted(folder.rglob(_TRAINING))]
    rows += [_answered(Path(str(path).removesuffix(SUMMARY))) for path in sorted(folder.rglob(f"*{SUMMARY}"))]
    scores = ((path, _json(path)) for path in sorted(folder.rglob("*.json")))
    rows += [_scored(path, found) for path, found in scores if found is not None and "predictions" in found]
    if not rows:
        raise InputError("no run in here", where=str(folder), mend="give a folder that a training or respond wrote to")
    return rows


def _trained(folder: Path) -> Row:
    record = _json(folder / _TRAINING) or {}
    if not record.get("finished"):
        raise InputError("the training is not finished", where=str(folder), mend="run it again to go on")
    evaluations = [row for row in read_metrics(folder / "metrics.jsonl") if "eval_loss" in row]
    step = (record.get("best") or {}).get("step")
    chosen = next((row for row in evaluations if row["step"] == step), evaluations[-1] if evaluations else {})
    on_dev = ", figures on development dialogues" if "eval_bleu" in chosen else ""
    return _row(
        folder,
        record["model"],
        _training_parameters(record) + on_dev,
        {name: chosen.get(f"eval_{name}") for name in ("bleu", "success", "inform", "richness", "joint_goal_accuracy")},
        record.get("trainable"),
        record.get("speed"),
    )


def _scored(scores: Path, found: Mapping[str, Any]) -> Row:
    dst = found.get("dst") or {}
    figures = {
        "bleu": next(iter(found["bleu"].values()), None),
        "success": found["success"]["total"],
        "inform": found["inform"]["total"],
        "richness": found["richness"]["cond_entropy"],
        "joint_goal_accuracy": dst.get("joint_accuracy"),
    }
    predictions = Path(found["predictions"])
    if Path(f"{predictions}{SUMMARY}").is_file():
        return _answered(predictions, figures)
    return _row(predictions, "", "", figures, None, None)


def _answered(predictions: Path, figures: Mapping[str, Any] | None = None) -> Row:
    summary = _json(Path(f"{predictions}{SUMMARY}")) or {}
    spec = summary.get("model", "")
    options = summary.get("options", {}) | summary.get("decoding", {})
    said = {name: value for name, value in options.items() if value not in (None, False)}
    training = _json(Path(spec.removeprefix("hf:").rpartition("+")[2]) / _TRAINING) or {}
    return _row(
        predictions,
        spec,
        ", ".join([summary.get("system", ""), *(f"{name} {value}" for name, value in said.items())]),
        figures or {},
        training.get("trainable"),
        summary.get("speed"),
    )


def _row(run: Path, model: str, parameters: str, figures: Mapping[str, Any], trained: int | None, speed: Any) -> Row:
    speed = speed or {}
    cells = (
        run.as_posix(),
        model,
        parameters,
        *(_number(figures.get(name)) for name in ("bleu", "success", "inform", "richness", "joint_goal_accuracy")),
        "" if trained is None else f"{trained:,}",
        _number(speed.get("iterations_per_second"), "{:.3g}"),
        _number(speed.get("tokens_per_second"), "{:,.0f}"),
        _number(speed.get("memory_mb"), "{:,.0f}"),
        (speed.get("device") or "") + (f", CUDA {speed['cuda']}" if speed.get("cuda") else ""),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _training_parameters(record: Mapping[str, Any]) -> str:
    """What was trained how: the adapter, rate, steps and batch, and every other option that is not the default's."""
    options = record["options"]
    lora, bits = options.get("lora"), options.get("bits")
    kind = "full" if lora is None else f"{'QLoRA' if bits else 'LoRA'} r {lora['r']}, alpha {lora['alpha']}"
    parts = [
        f"{kind}, {bits} bits" if bits else kind,
        f"learning rate {options['learning_rate']:g}",
        f"{record['steps']} steps",
        f"batch {options['batch_size'] * options['accumulate']}",
    ]
    defaults = SFTOptions().model_dump(mode="json")
    for name, value in options.items():
        if name not in _APART | _HOUSEKEEPING and value != defaults.get(name):
            parts.append(name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {_text(value)}")
    return ", ".join(parts)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name} {own}" for name, own in value.items())
    return " ".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)


def _number(value: float | None, layout: str = "{:.2f}") -> str:
    return "" if value is None else layout.format(value)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
