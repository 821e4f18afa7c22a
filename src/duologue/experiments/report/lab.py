"""The lab's report: one table of systems and decodings, how they learnt, quality against diversity, what they answer.

write_report(Path("runs/lab"))      # runs/lab/report.html, runs/lab/results.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from duologue.dialogue import DialoguePrediction, read, read_rows
from duologue.experiments.lab.judging import LabResults, LabRow, read_results
from duologue.experiments.report.plots import Point, curves, panels_of_curves, scatter
from duologue.experiments.report.render import number, render_page
from duologue.experiments.report.run_fields import run_fields
from duologue.experiments.run_folder import REPORT
from duologue.experiments.stages import STAGES, read_facts
from duologue.files import write_text
from duologue.training.metrics_file import read_metrics

RESULTS = "results.md"
_CURVES = {
    "eval_bleu": "BLEU",
    "eval_inform": "inform, %",
    "eval_success": "success, %",
    "eval_richness": "richness",
    "eval_joint_goal_accuracy": "joint goal accuracy, %",
}


class Column(NamedTuple):
    """A column: its heading, what it says, and its cell."""

    heading: str
    says: str
    cell: Callable[[LabRow], str]


COLUMNS = (
    Column("BLEU", "of the responses, delexicalised where there are databases", lambda row: number(row.bleu, ".1f")),
    Column("Inform", "% of dialogues that offer venues fit for the goal", lambda row: number(row.inform, ".1f")),
    Column("Success", "% that moreover tell everything requested", lambda row: number(row.success, ".1f")),
    Column("Richness", "conditional bigram entropy of the responses", lambda row: number(row.richness, ".2f")),
    Column(
        "JGA",
        "% of turns whose belief state is wholly right; – where no state is written",
        lambda row: number(row.joint_goal_accuracy, ".1f"),
    ),
    Column("Dist-2", "% of pairs of words that differ", lambda row: number(row.distinct_2, ".1f")),
    Column("Tokens", "of a reply in the mean, and of the longest", lambda row: _lengths(row)),
    Column("Cut", "replies cut at the most tokens", lambda row: str(row.cut)),
    Column("Trained", "parameters that were trained", lambda row: number(row.trainable, ",d")),
    Column("Train it/s", "optimiser steps a second", lambda row: number(row.steps_per_second, ".2f")),
    Column("Answer it/s", "turns answered a second", lambda row: number(row.turns_per_second, ".2f")),
)


def write_report(folder: Path) -> Path:
    """Write `report.html` and the table as `results.md` from what a finished run has left.

    Raises:
        InputError: the run is not finished.
    """
    stages, run = folder / STAGES, run_fields(folder)
    recipe = run["recipe"]
    read_facts(folder, "evaluate")
    results = read_results(stages / "evaluate")
    trained = {
        name: read_facts(folder, f"train/{name}") for name, system in recipe["systems"].items() if system["trained"]
    }
    metrics = {name: read_metrics(stages / "train" / name / "model" / "metrics.jsonl") for name in trained}
    for name, rows in metrics.items():
        held_out = [row["eval_loss"] for row in rows if "eval_loss" in row]
        trained[name]["eval_loss"] = held_out[-1] if held_out else trained[name]["eval_loss"]
    metrics = {name: rows for name, rows in metrics.items() if rows}
    learnt = _learnt(metrics)
    page = render_page(
        "lab.html.jinja",
        **run,
        corpus=read_facts(folder, "corpus"),
        results=results,
        columns=COLUMNS,
        trained=trained,
        curves=Markup(curves(metrics, list(recipe["systems"]))) if metrics else None,
        learnt=Markup(panels_of_curves(learnt, list(recipe["systems"]))) if learnt else None,
        study=Markup(_study(results)) if sum(row.distinct_2 is not None for row in results.rows) > 1 else None,
        answers=_answers(stages, results, recipe["report"]["examples"]),
    )
    write_text(folder / REPORT, page)
    write_text(folder / RESULTS, markdown(results))
    return folder / REPORT


def markdown(results: LabResults) -> str:
    """The table, for a README."""
    headings = ["system", "decoding", *(column.heading for column in COLUMNS)]
    lines = [f"| {' | '.join(headings)} |", "| --- | --- |" + " ---: |" * len(COLUMNS)]
    for row in results.rows:
        lines.append(f"| {' | '.join([row.system, row.decoding, *(column.cell(row) for column in COLUMNS)])} |")
    return "\n".join(lines) + "\n"


def _lengths(row: LabRow) -> str:
    return f"{row.mean_tokens:.1f} / {row.longest_tokens}"


def _learnt(metrics: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Figure -> system -> its points in the course of the training, where there were at least two evaluations."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for key, heading in _CURVES.items():
        for name, rows in metrics.items():
            points = [(row["step"], row[key]) for row in rows if key in row]
            if len(points) > 1:
                found.setdefault(heading, {})[name] = points
    return found


def _study(results: LabResults) -> str:
    """Quality against diversity, a point for each row."""
    several = len({row.decoding for row in results.rows}) > 1
    points = [
        Point(f"{row.system}, {row.decoding}" if several else row.system, row.distinct_2, row.bleu, group=row.system)
        for row in results.rows
        if row.distinct_2 is not None
    ]
    return scatter(points, across="distinct pairs of words, %", up="BLEU")


def _answers(stages: Path, results: LabResults, count: int) -> list[dict[str, Any]]:
    """Test dialogues, exchange by exchange, beside what each system answered with its first decoding."""
    first: dict[str, str] = {}
    for row in results.rows:
        first.setdefault(row.system, row.decoding)
    said: dict[str, dict[tuple[str, int], str]] = {}
    for name, decoding in first.items():
        rows = read_rows(stages / "respond" / name / f"{decoding}.jsonl", DialoguePrediction)
        said[name] = {(row.id, turn.turn): turn.response for row in rows for turn in row.turns}
    found = []
    for dialogue in islice(read(stages / "corpus" / "test.jsonl"), count):
        exchanges = [
            {
                "user": dialogue.turns[at - 1].said if at else "",
                "reference": turn.said,
                "answers": {name: texts.get((dialogue.id, at), "") for name, texts in said.items()},
            }
            for at, turn in enumerate(dialogue.turns)
            if turn.speaker == "system"
        ]
        found.append({"id": dialogue.id, "exchanges": exchanges})
    return found
