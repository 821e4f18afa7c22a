"""`duologue report RUN|REASONS`: the report of a run, or the page of an evaluation's reasons."""

from __future__ import annotations

from pathlib import Path


def report(source: Path, *, out: Path | None = None) -> None:
    """Write a run's `report.html` anew, or a page that shows why dialogues inform and succeed, or fail.

    Parameters
    ----------
    source
        The run folder, i.e. the --out of `duologue run`; or the file that `duologue evaluate tod --explain` wrote.
    out
        Where to write the page of reasons; by default beside the file, as .html.
    """
    from duologue.experiments import experiment
    from duologue.experiments.report.reasons import read_reasons, write_reasons

    if source.is_dir() or not source.exists():
        print(f"report: {experiment.report(source)}")
    else:
        page = write_reasons(read_reasons(source), out or source.with_suffix(".html"), title=source.stem)
        print(f"report: {page}")
