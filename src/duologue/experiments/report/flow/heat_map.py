"""The transition matrix as SVG: a square for each transition, darker where it is likelier, with its counts to hover.

svg = heat_map(flow.corpora[0].transitions)
svg = difference_map(*(corpus.transitions for corpus in flow.corpora))      # blue: more often in ours
"""

from __future__ import annotations

from typing import NamedTuple

from duologue.evaluation.flow.transitions import Transitions
from duologue.experiments.report.render import render_page

_BLUE, _ORANGE = (47, 111, 178), (200, 119, 43)
_SHOWN = 0.005
_DARK = 0.6


class _Cell(NamedTuple):
    fill: str
    text: str
    light: bool
    title: str


def heat_map(transitions: Transitions) -> str:
    """Probabilities, blank below .005."""
    cells = []
    for row, values in enumerate(transitions.probabilities):
        cells.append(
            [
                _cell(
                    value,
                    f"{value:.2f}",
                    f"{_name(transitions, row, column)}: {value:.3f}, {transitions.counts[row][column]} times",
                )
                for column, value in enumerate(values)
            ]
        )
    return _drawn(transitions, cells)


def difference_map(ours: Transitions, reference: Transitions) -> str:
    """Probabilities of ours minus those of the reference, which has the same clusters."""
    cells = []
    for row, (mine, others) in enumerate(zip(ours.probabilities, reference.probabilities, strict=True)):
        cells.append(
            [
                _cell(one - other, f"{one - other:+.2f}", f"{_name(ours, row, column)}: {one:.3f} and {other:.3f}")
                for column, (one, other) in enumerate(zip(mine, others, strict=True))
            ]
        )
    return _drawn(ours, cells)


def _cell(value: float, text: str, title: str) -> _Cell:
    colour = _BLUE if value > 0 else _ORANGE
    part = min(1.0, abs(value)) ** 0.7  # so that small ones can be told from nothing
    fill = "#" + "".join(f"{round(255 - part * (255 - channel)):02x}" for channel in colour)
    shown = text.replace("0.", ".") if abs(value) >= _SHOWN else ""
    return _Cell(fill, shown, part > _DARK, title)


def _name(names: Transitions, row: int, column: int) -> str:
    return f"{names.rows[row]} → {names.columns[column]}"


def _drawn(names: Transitions, cells: list[list[_Cell]]) -> str:
    return render_page("flow/heat_map.svg.jinja", rows=names.rows, columns=names.columns, cells=cells)
