"""`duologue report RUN|REASONS`: the report of a run, or the page of an evaluation's reasons; `--table`: results.

duologue report --table runs/simpletod runs/scores.json --append results.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.errors import InputError


def report(
    source: Path,
    *more: Path,
    out: Path | None = None,
    table: Annotated[bool, Parameter(negative=())] = False,
    append: Path | None = None,
) -> None:
    """Write a run's `report.html` anew, or a page that shows why dialogues inform and succeed, or fail; or a table.

    Parameters
    ----------
    source
        The run folder, i.e. the --out of `duologue run`; or the file that `duologue evaluate tod --explain` wrote. For
        --table, folders of trainings, predictions that `duologue respond` wrote, or the --json of `evaluate tod`.
    more
        Further runs, for --table.
    out
        Where to write the page of reasons; by default beside the file, as .html.
    table
        Print a row of results for each run, as Markdown.
    append
        A Markdown file whose table gets these rows; a run that is there already has its row replaced.
    """
    if table:
        _print_table([source, *more], append)
        return
    for given, flag in ((more, "more than one run"), (append, "--append")):
        if given:
            raise InputError(f"{flag} is for the table", where="duologue report", mend="add --table")
    from duologue.experiments import experiment
    from duologue.experiments.report.reasons import read_reasons, write_reasons

    if source.is_dir() or not source.exists():
        print(f"report: {experiment.report(source)}")
    else:
        page = write_reasons(read_reasons(source), out or source.with_suffix(".html"), title=source.stem)
        print(f"report: {page}")


def _print_table(runs: list[Path], file: Path | None) -> None:
    from duologue.experiments.results.rows import rows_of
    from duologue.experiments.results.table import append, table

    rows = [row for run in runs for row in rows_of(run)]
    print(table(rows), end="")
    if file is not None:
        append(file, rows)
