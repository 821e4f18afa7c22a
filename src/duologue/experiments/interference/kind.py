"""The interference experiment as a run sees it."""

from __future__ import annotations

from pathlib import Path

from duologue.experiments.interference.plan import stages
from duologue.experiments.interference.settings import InterferenceRecipe
from duologue.experiments.kinds import Kind, Summary
from duologue.experiments.report.interference import COLUMNS, write_report
from duologue.experiments.stages import read_facts

_SHOWN = {
    "joint_goal_accuracy",
    "inform",
    "success",
    "bleu_original",
    "bleu_augmented",
    "acknowledgement_backstory_similarity",
}
"""What fits a terminal's 80 columns; the report has every figure."""


def summary(folder: Path) -> Summary:
    """The table of the four setups and the verdict."""
    facts = read_facts(folder, "evaluate")
    columns = [column for column in COLUMNS if column.key in _SHOWN]
    rows = []
    for name, row in facts["table"].items():
        figures = (row.get(column.key) for column in columns)
        cells = [
            "–" if figure is None else f"{figure['value']:.{column.digits}f}"
            for figure, column in zip(figures, columns, strict=True)
        ]
        rows.append([name.replace("-to-", " → "), *cells])
    return Summary(
        ["trained → asked", *(column.heading for column in columns)],
        rows,
        [f"the claim: {facts['verdict']}"],
        {"table": facts["table"], "verdict": facts["verdict"]},
    )


INTERFERENCE = Kind("interference", InterferenceRecipe, stages, write_report, summary)
