"""`duologue report RUN`: the report of a run, made anew from what the run has left."""

from __future__ import annotations

from pathlib import Path


def report(run: Path) -> None:
    """Write a run's `report.html` anew.

    Parameters
    ----------
    run
        The run folder, i.e. the --out of `duologue run`.
    """
    from duologue.experiments.report.interference import write_report

    print(f"report: {write_report(run)}")
