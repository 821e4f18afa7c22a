"""How commands show figures: a table on stdout, everything as JSON on demand, problems on stderr.

show_figures("dst", {"joint goal accuracy": Figure(61.2, Interval(58.0, 64.1))})
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from duologue.evaluation.bootstrap import Difference, Figure, Interval
from duologue.evaluation.corpus_comparison import Compared

_LISTED = 10


def show_figures(title: str, figures: Mapping[str, Figure]) -> None:
    """Print figures with their 95 % intervals."""
    table = Table("", "figure", "95 % interval")
    table.columns[1].justify = table.columns[2].justify = "right"
    for name, figure in figures.items():
        table.add_row(name.replace("_", " "), number(figure.value), interval_of(figure.interval))
    console = Console(highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    console.print(table)


def show_compared(title: str, compared: Mapping[str, Compared]) -> None:
    """Print figures of two corpora side by side, with their differences."""
    table = Table("", "ours", "reference", "difference", "95 % interval", "p")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in compared.items():
        apart = each.difference
        cells = [number(each.ours.value), number(each.reference.value), number(apart.difference)]
        cells += [interval_of(apart.interval), f"{apart.p:.3f}" if math.isfinite(apart.p) else "–"]
        table.add_row(name.replace("_", " "), *cells)
    console = Console(highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    console.print(table)


def show_differences(title: str, differences: Mapping[str, Difference]) -> None:
    """Print one system minus another, figure by figure."""
    table = Table("", "difference", "95 % interval", "p")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in differences.items():
        low, high = each.interval.low, each.interval.high
        cells = [f"{each.difference:+.3f}", f"{low:+.3f} to {high:+.3f}", f"{each.p:.3f}"]
        table.add_row(name.replace("_", " "), *cells)
    console = Console(highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    console.print(table)


def list_problems(problems: Sequence[object], what: str) -> int:
    """Print how many problems there are and the first of them; return the exit status, 1 when there are any."""
    if problems:
        print(f"{len(problems)} {what}:", file=sys.stderr)
        for problem in problems[:_LISTED]:
            print(f"  {problem}", file=sys.stderr)
        if len(problems) > _LISTED:
            print(f"  … and {len(problems) - _LISTED} more", file=sys.stderr)
    return 1 if problems else 0


def interval_of(interval: Interval | None) -> str:
    """An interval as a cell: `1.2 – 3.4`; nothing where there is none."""
    if interval is None or not math.isfinite(interval.low):
        return ""
    return f"{number(interval.low)} – {number(interval.high)}"


def number(value: float) -> str:
    """A figure as a cell: three digits that count; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1000 or (value == int(value) and abs(value) >= 100):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
