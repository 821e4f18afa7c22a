"""The lab as a run sees it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from duologue.experiments.kinds import Kind, Summary
from duologue.experiments.lab.judging import read_results
from duologue.experiments.lab.plan import stages
from duologue.experiments.lab.settings import LabRecipe
from duologue.experiments.report.lab import write_report
from duologue.experiments.stages import STAGES


def summary(folder: Path) -> Summary:
    """The table; the report and `results.md` have all columns."""
    results = read_results(folder / STAGES / "evaluate")
    rows = []
    for row in results.rows:
        figures = [(row.inform, ".1f"), (row.success, ".1f"), (row.bleu, ".1f"), (row.richness, ".2f")]
        figures += [(row.trainable, ",d"), (row.turns_per_second, ".1f")]
        rows.append(
            [row.system, row.decoding, *("–" if value is None else format(value, form) for value, form in figures)]
        )
    headings = ["system", "decoding", "inform", "success", "BLEU", "richness", "trained", "turns/s"]
    return Summary(headings, rows, [], msgspec.to_builtins(results))


LAB = Kind("lab", LabRecipe, stages, write_report, summary)
