"""What `run`, `demo` and `report` print: the plan, the table, the verdict."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from duologue.experiments.experiment import Ran
    from duologue.experiments.forecast.estimates import Range
    from duologue.experiments.forecast.forecast import Forecast
    from duologue.experiments.forecast.receipt import RunReceipt
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


def show_forecast(found: Forecast) -> None:
    """Print what the stages that ask models are forecast to take, each with its 95 % interval."""
    if not found.stages:
        return
    tried = max(stage.sampled for stage in found.stages.values())
    table = Table("stage", "", "forecast", "95 % interval", title=f"forecast from {tried} items")
    for column in table.columns[2:]:
        column.justify = "right"
    for name, stage in found.stages.items():
        rows: list[tuple[str, Range, int]] = [
            ("requests", stage.first, 0),
            ("asked again", stage.again, 0),
            ("tokens read", stage.prompt_tokens, 0),
            ("tokens written", stage.completion_tokens, 0),
            ("seconds", stage.seconds, 0),
        ]
        if stage.cost.value:
            rows.insert(4, ("money", stage.cost, 4))
        table.add_row(name, "items", f"{stage.items:,.0f}", "")
        for what, figure, digits in rows:
            table.add_row("", what, f"{figure.value:,.{digits}f}", _interval(figure, digits))
    Console(highlight=False).print(table)


def show_receipt(receipt: RunReceipt) -> None:
    """Print what was forecast beside what became of it, where there was a forecast."""
    table = Table("stage", "", "forecast", "95 % interval", "actual", "off by", title="forecast and actual")
    for column in table.columns[2:]:
        column.justify = "right"
    for name, stage in receipt.stages.items():
        told = stage.forecast
        if told is None:
            continue
        rows: list[tuple[str, Range, float | None, int]] = [
            ("requests", told.first, stage.first, 0),
            ("asked again", told.again, stage.again, 0),
            ("tokens read", told.prompt_tokens, stage.prompt_tokens, 0),
            ("tokens written", told.completion_tokens, stage.completion_tokens, 0),
            ("seconds", told.seconds, stage.seconds, 1),
        ]
        if told.cost.value or stage.cost:
            rows.insert(4, ("money", told.cost, stage.cost, 4))
        for what, expected, actual, digits in rows:
            off = "–" if not actual else f"{expected.value / actual - 1:+.0%}"
            shown = "not known" if actual is None else f"{actual:,.{digits}f}"
            cells = (f"{expected.value:,.{digits}f}", _interval(expected, digits), shown, off)
            table.add_row(name if what == "requests" else "", what, *cells)
    if table.row_count:
        Console(highlight=False).print(table)


def show_results(ran: Ran) -> None:
    """Print the run's table, what stands below it, where the report is, and how the rest is looked at."""
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
    console.print(f"in the studio: {_program()} studio {shlex.quote(str(ran.report.parent))}", soft_wrap=True)


def _program() -> str:
    """How this program is called again: by its path where the shell would not find it by its name."""
    called, found = Path(sys.argv[0]), shutil.which("duologue")
    if called.name != "duologue" or len(called.parts) == 1:
        return "duologue"
    here = found is not None and Path(found).resolve() == called.resolve()
    return "duologue" if here else shlex.quote(str(called))


def _upto(cost: int | None, finished: bool) -> str:
    return "" if cost is None or finished else f"{cost:,}"


def _interval(figure: Range, digits: int = 0) -> str:
    if figure.exact:
        return "exact"
    high = "no bound" if figure.high is None else f"{figure.high:,.{digits}f}"
    return f"{figure.low:,.{digits}f} – {high}"
