"""The clarify experiment as a run sees it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from duologue.evaluation.bootstrap import Difference, Figure
from duologue.experiments.clarify.judging import ClarifyResults, read_results
from duologue.experiments.clarify.plan import stages
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.kinds import Kind, Summary
from duologue.experiments.report.clarify import write_report
from duologue.experiments.report.render import number
from duologue.experiments.stages import STAGES, read_facts

_COLUMNS = {
    "action macro f1": "macro F1",
    "trajectory": "trajec- tory",
    "trajectory, gold ambiguous": "where ambiguous",
    "over-asking": "over- asking",
    "under-asking": "under- asking",
}
_WITH_INTERVAL = ("action macro f1", "trajectory")


def summary(folder: Path) -> Summary:
    """Actions and trajectories of each policy, what the compared method differs by, and the paper's claims."""
    read_facts(folder, "evaluate")
    results = read_results(folder / STAGES / "evaluate")
    headings, rows = ["policy"], [[each.policy.name] for each in results.policies]
    for name, heading in _COLUMNS.items():
        headings += [heading, "95 %"] if name in _WITH_INTERVAL else [heading]
        for row, each in zip(rows, results.policies, strict=True):
            figure = each.figures[name]
            row.append(number(figure.value, ".1f"))
            row += [_bounds(figure)] if name in _WITH_INTERVAL else []
    return Summary(headings, rows, _lines(results), msgspec.to_builtins(results, str_keys=True))


def _bounds(figure: Figure | Difference) -> str:
    bounds = figure.interval
    return "" if bounds is None else f"{number(bounds.low, '.0f')} to {number(bounds.high, '.0f')}"


def _lines(results: ClarifyResults) -> list[str]:
    apart = [
        f"{results.compared} minus {each.other}, {each.size} conversations: "
        + ", ".join(f"{name} {found.difference:+.1f} ({_bounds(found)})" for name, found in each.differences.items())
        for each in results.differences
    ]
    return [*apart, *(f"{claim.answer}: {claim.says}" for claim in results.claims)]


CLARIFY = Kind("clarify", ClarifyRecipe, stages, write_report, summary)
