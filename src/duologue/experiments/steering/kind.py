"""The steering experiment as a run sees it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from duologue.evaluation.bootstrap import Figure
from duologue.experiments.kinds import Kind, Summary
from duologue.experiments.report.steering import write_report
from duologue.experiments.stages import STAGES, read_facts
from duologue.experiments.steering.judging import read_results
from duologue.experiments.steering.plan import stages
from duologue.experiments.steering.settings import SteeringRecipe


def summary(folder: Path) -> Summary:
    """Following and attention of each condition, and the paper's claims."""
    read_facts(folder, "evaluate")
    results = read_results(folder / STAGES / "evaluate")
    rows = []
    for name, found in results.conditions.items():
        attention = found.attention
        rows.append(
            [
                name,
                *_cells(found.following.accuracy, ".1f", ".0f"),
                *_cells(None if attention is None else attention.replies.log_sra, ".2f", ".2f"),
                "–" if attention is None else f"{attention.replies.ratio.value:.2f}",
            ]
        )
    replies = ", ".join(f"{found.following.replies} {name}" for name, found in results.conditions.items())
    lines = [f"replies: {replies}", *(f"{claim.answer}: {claim.says}" for claim in results.claims)]
    headings = ["condition", "followed", "95 %", "log SRA", "95 %", "x uniform"]
    return Summary(headings, rows, lines, msgspec.to_builtins(results, str_keys=True))


def _cells(figure: Figure | None, form: str, bound: str) -> tuple[str, str]:
    """A value and its interval."""
    if figure is None:
        return "–", ""
    bounds = figure.interval
    return format(figure.value, form), "" if bounds is None else f"{bounds.low:{bound}} to {bounds.high:{bound}}"


STEERING = Kind("steering", SteeringRecipe, stages, write_report, summary)
