"""How the trainings of the clarify experiment went, for its report: their settings, rates, reasons, and curves.

A method that does not work shows here why: a learning rate that moves nothing, pairs that never change, samples that
are all alike, helpers that fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from duologue.experiments.clarify.cells import Cell
from duologue.experiments.clarify.settings import SFT, ClarifyRecipe
from duologue.experiments.clarify.training import MODEL
from duologue.experiments.report.plots import panels_of_curves
from duologue.experiments.stages import STAGES, read_facts
from duologue.training.metrics_file import read_metrics

_CURVES = {
    "eval_action_macro_f1": "action macro F1, development",
    "eval_trajectory_score": "trajectory, development",
    "eval_asked_when_vague": "asked when ambiguous, dev.",
    "eval_asked_when_clear": "asked when clear, dev.",
    "act/action_accuracy": "samples with the right action",
}
_SHARES = ("promoted", "demoted", "both", "kept", "skipped")


def trainings(folder: Path, recipe: ClarifyRecipe) -> list[dict[str, Any]]:
    """A row a method and number of conversations, over its seeds.

    Args:
        folder: of the run.
        recipe: what was run.
    """
    rows = []
    for size in recipe.sizes:
        for method in (SFT, *recipe.trained):
            settings = recipe.sft if method == SFT else recipe.methods[method]
            facts = [read_facts(folder, Cell(method, size, seed).stage) for seed in recipe.seeds]
            rates = [each["rollouts"] for each in facts if each.get("rollouts")]
            sampling = getattr(settings, "sampling", None)
            rows.append(
                {
                    "method": method,
                    "size": size,
                    "learning_rate": settings.learning_rate,
                    "temperature": sampling.temperature if rates and sampling is not None else None,
                    "examples": mean(each["examples"] for each in facts),
                    "steps": mean(each["steps"] for each in facts),
                    "best": [each["best"]["step"] if each["best"] else None for each in facts],
                    "loss": _mean([each["final_loss"] for each in facts]),
                    "seconds": mean(each["seconds"] for each in facts),
                    "accuracy": _rate(rates, "action_accuracy"),
                    "outcomes": {name: _rate(rates, name) for name in _SHARES},
                    "reasons": _reasons(rates),
                }
            )
    return rows


def learning_curves(folder: Path, recipe: ClarifyRecipe) -> list[tuple[int, str]]:
    """For each number of conversations the figures over the steps, means over the seeds that got so far, as SVG."""
    methods = (SFT, *recipe.trained)
    found = []
    for size in recipe.sizes:
        panels: dict[str, dict[str, Sequence[tuple[int, float]]]] = {}
        for method in methods:
            stages = [folder / STAGES / Cell(method, size, seed).stage for seed in recipe.seeds]
            curves = [read_metrics(stage / MODEL / "metrics.jsonl") for stage in stages]
            for name, heading in _CURVES.items():
                values: dict[int, list[float]] = {}
                for row in (row for rows in curves for row in rows if name in row):
                    values.setdefault(row["step"], []).append(row[name])
                if values:
                    panels.setdefault(heading, {})[method] = [(step, mean(values[step])) for step in sorted(values)]
        if panels:
            found.append((size, panels_of_curves(panels, methods)))
    return found


def _rate(rates: Sequence[dict[str, float]], name: str) -> float | None:
    """In percent, the mean over seeds."""
    return _mean([100 * each[f"act/{name}"] for each in rates if f"act/{name}" in each])


def _reasons(rates: Sequence[dict[str, float]]) -> dict[str, float]:
    """Why samples became what they became: percent of samples, the most frequent first; what never was is left out."""
    names = ("wrong action", "reached the goal", "missed the goal", "no answer", "right action", "failed")
    told = {name: _rate(rates, name.replace(" ", "_")) for name in (*names, "equal texts", "unusable")}
    return dict(sorted(((name, value) for name, value in told.items() if value), key=lambda each: -each[1]))


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return mean(there) if there else None
