"""The order of places within the layers of a graph, so that few edges cross.

columns = ordered(layers, pieces)       # one list of places per layer, from top to bottom

Sweeps over the layers, each sorted by the median of its neighbours in the layer before, then exchanges of neighbours
while they save crossings; the best of all sweeps is taken (Gansner et al. 1993, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

_SWEEPS = 24


def ordered(layers: Sequence[int], pieces: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Order.

    Args:
        layers: the layer of each place, from 0.
        pieces: of edges, from a place to one in the next layer.
    """
    columns: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for place, layer in enumerate(layers):
        columns[layer].append(place)
    before: list[list[int]] = [[] for _ in layers]
    after: list[list[int]] = [[] for _ in layers]
    for left, right in pieces:
        after[left].append(right)
        before[right].append(left)
    best, fewest = [list(column) for column in columns], _crossings(columns, after)
    for sweep in range(_SWEEPS):
        onward = sweep % 2 == 0
        neighbours = before if onward else after
        for layer in range(1, len(columns)) if onward else range(len(columns) - 2, -1, -1):
            _by_median(columns[layer], columns[layer - 1 if onward else layer + 1], neighbours)
        _exchange(columns, before, after)
        found = _crossings(columns, after)
        if found < fewest:
            best, fewest = [list(column) for column in columns], found
    return best


def _by_median(column: list[int], other: Sequence[int], neighbours: Sequence[Sequence[int]]) -> None:
    """Sort by the neighbours in the other layer; a place without any stays at its height."""
    at = {place: height for height, place in enumerate(other)}
    wanted = {
        place: median_low(sorted(at[each] for each in neighbours[place])) if neighbours[place] else height
        for height, place in enumerate(column)
    }
    column.sort(key=lambda place: wanted[place])


def _exchange(columns: list[list[int]], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> None:
    """Exchange places that stand next to one another, while that saves crossings."""
    at = {place: height for column in columns for height, place in enumerate(column)}

    def crossed(above: int, below: int) -> int:
        return sum(
            at[one] > at[two]
            for neighbours in (before, after)
            for one in neighbours[above]
            for two in neighbours[below]
        )

    better = True
    while better:
        better = False
        for column in columns:
            for height in range(len(column) - 1):
                above, below = column[height], column[height + 1]
                if crossed(above, below) > crossed(below, above):
                    column[height], column[height + 1] = below, above
                    at[above], at[below] = height + 1, height
                    better = True


def _crossings(columns: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> int:
    total = 0
    for column, other in pairwise(columns):
        at = {place: height for height, place in enumerate(other)}
        ends = [at[each] for place in column for each in sorted(after[place], key=lambda one: at[one])]
        total += sum(one > two for number, two in enumerate(ends) for one in ends[:number])
    return total
