"""How win rates are shown: every pair that met, then every system."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, number
from duologue.evaluation.win_rates import Standing, WinRates


def show_wins(title: str, rates: WinRates) -> None:
    """Print wins, losses and ties, and what share of all they are."""
    console = Console(highlight=False, markup=False)
    console.print(f"{title}; percent: the rate counts a tie as half a win, won as none", soft_wrap=True)
    table = Table("", "wins", "losses", "ties", "rate", "95 % interval", "won")
    for column in table.columns[1:]:
        column.justify = "right"
    for pair in rates.pairs:
        table.add_row(f"{pair.first} – {pair.second}", *_cells(pair.standing))
    if len(rates.systems) > 2:
        table.add_section()
        for name, standing in rates.systems.items():
            table.add_row(name, *_cells(standing))
    console.print(table)


def _cells(each: Standing) -> list[str]:
    counts = [str(each.wins), str(each.losses), str(each.ties)]
    return [*counts, number(each.rate.value), interval_of(each.rate.interval), number(each.preferred.value)]
