"""What `run`, `demo` and `report` print: the plan, the table, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from duologue.experiments.experiment import Ran
    from duologue.experiments.stages import Standing


def show_plan(stages: Sequence[Standing], folder: Path) -> None:
    """Print the stages, which are finished, and what the others will cost at most."""
    table = Table("stage", "", "requests", "tokens", "steps", title=f"plan of {folder}")
    for column in table.columns[2:]:
        column.justify = "right"
    totals = [0, 0, 0]
    for each in stages:
        expected = each.stage.expected
        costs = [expected.requests, expected.tokens, expected.steps]
        if not each.finished:
            totals = [total + (cost or 0) for total, cost in zip(totals, costs, strict=True)]
        table.add_row(
            each.stage.name, "done" if each.finished else "to do", *(_upto(cost, each.finished) for cost in costs)
        )
    table.add_section()
    table.add_row("to do, at most", "", *(f"{total:,}" for total in totals))
    Console(highlight=False).print(table)


def show_results(ran: Ran) -> None:
    """Print the run's table, what stands below it, and where the report is."""
    found = ran.summary
    console = Console(highlight=False, markup=False)
    table = Table(found.headings[0], *(heading.replace(" ", "\n") for heading in found.headings[1:]), pad_edge=False)
    table.columns[0].no_wrap = True
    for cell in table.columns[1:]:
        cell.justify = "right"
    for row in found.rows:
        table.add_row(*row)
    console.print(table)
    for line in found.lines:
        console.print(line, soft_wrap=True)
    console.print(f"report: {ran.report}", soft_wrap=True)


def _upto(cost: int | None, finished: bool) -> str:
    return "" if cost is None or finished else f"{cost:,}"
