"""Where the nodes and edges of a directed graph go, in layers from left to right.

    drawn = lay_out(boxes, arrows)
    drawn.nodes[0].x, drawn.edges[0].points, drawn.edges[0].label

The method of graphviz's `dot` (Gansner, Koutsofios, North and Vo 1993), for graphs of a few dozen nodes and without its
binary: nodes come in the order of their time; an edge back in time is laid out the other way round; layers minimise the
weighted length of edges, and heights within layers their bends, both as linear programs (section 2.3 and 4.2);
between layers edges pass by places of their own, one of which holds the label, so that labels never overlap. The order
within layers is `ordering`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from duologue.experiments.report.flow.ordering import ordered

_NEAR_LABELS = 7.0  # between two edges or labels of a layer, in pixels
_NEAR_NODES = 16.0
_BETWEEN_LAYERS = 26.0
_BEND = {0: 1.0, 1: 2.0, 2: 8.0}  # ends of a piece of an edge that are no nodes -> how much a bend of it costs


class Box(NamedTuple):
    """A node to be placed: its size in pixels, when it happens (only the order of times counts), and the height of its
    sides, where edges begin and end.
    """

    width: float
    height: float
    time: float
    side: float


class Arrow(NamedTuple):
    """An edge to be placed: indices of its nodes, how much its length counts, and its label's size in pixels."""

    source: int
    target: int
    weight: float
    width: float
    height: float


class Point(NamedTuple):
    """A place, in pixels from the top left corner."""

    x: float
    y: float


class Route(NamedTuple):
    """A placed edge: the points it passes from source to target, the first and last of them on the nodes' sides, and
    the centre of its label.
    """

    points: list[Point]
    label: Point


class Drawing(NamedTuple):
    """A placed graph: centres of the nodes, the edges, and the size of all, in pixels."""

    nodes: list[Point]
    edges: list[Route]
    width: float
    height: float


class _Place(NamedTuple):
    """Something that takes room in a layer: a node, or an edge that passes."""

    layer: int
    width: float
    height: float
    is_node: bool


def lay_out(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Drawing:
    """Place a graph.

    Args:
        boxes: the nodes.
        arrows: the edges, none of them from a node to itself.
    """
    order = {node: at for at, node in enumerate(sorted(range(len(boxes)), key=lambda at: (boxes[at].time, at)))}
    onward = [(a.source, a.target) if order[a.source] < order[a.target] else (a.target, a.source) for a in arrows]
    layers = _layers(len(boxes), onward, [arrow.weight for arrow in arrows])
    places = [_Place(layer, box.width, box.height, True) for layer, box in zip(layers, boxes, strict=True)]
    chains: list[list[int]] = []
    labels: list[int] = []
    for (first, last), arrow in zip(onward, arrows, strict=True):
        passed = range(layers[first] + 1, layers[last])
        middle = passed[len(passed) // 2] // 2 * 2 + 1 if len(passed) > 1 else passed[0]
        labels.append(len(places) + middle - passed[0])
        chains.append([first, *range(len(places), len(places) + len(passed)), last])
        for layer in passed:
            size = (arrow.width, arrow.height) if layer == middle else (0.0, 0.0)
            places.append(_Place(layer, *size, False))
    pieces = [(left, right) for chain in chains for left, right in pairwise(chain)]
    columns = ordered([place.layer for place in places], pieces)
    x = _across(places)
    y = _down(places, pieces, columns)
    centres = [Point(float(x[place.layer]), float(y[at])) for at, place in enumerate(places)]
    return _drawing(boxes, arrows, onward, chains, labels, centres, places, float(x[-1]))


def _layers(nodes: int, onward: Sequence[tuple[int, int]], weights: Sequence[float]) -> list[int]:
    """An even layer for each node: edges go at least two layers on (the one between holds the label)."""
    from scipy.optimize import linprog

    cost = np.zeros(nodes)
    rows = np.zeros((len(onward), nodes))
    for at, ((first, last), weight) in enumerate(zip(onward, weights, strict=True)):
        cost[first] -= weight
        cost[last] += weight
        rows[at, first], rows[at, last] = 1, -1
    if not len(onward):
        return [0] * nodes
    found = linprog(cost + 1e-6, A_ub=rows, b_ub=-np.ones(len(onward)), bounds=(0, None), method="highs-ds")
    return [2 * round(layer) for layer in found.x]


def _across(places: Sequence[_Place]) -> np.ndarray:
    """The middle of each layer, in pixels; one number more, the width of all."""
    widths = np.zeros(max(place.layer for place in places) + 1)
    for place in places:
        widths[place.layer] = max(widths[place.layer], place.width)
    ends = np.cumsum(widths + _BETWEEN_LAYERS) - _BETWEEN_LAYERS
    return np.append(ends - widths / 2, ends[-1])


def _down(places: Sequence[_Place], pieces: Sequence[tuple[int, int]], columns: Sequence[Sequence[int]]) -> np.ndarray:
    """The height of each place: straight edges, above all long ones, and nothing on top of one another."""
    from scipy.optimize import linprog
    from scipy.sparse import lil_matrix

    apart = [(above, below) for column in columns for above, below in pairwise(column)]
    size, bends = len(places), len(pieces)
    rows = lil_matrix((2 * bends + len(apart), size + bends))
    limits = np.zeros(2 * bends + len(apart))
    cost = np.concatenate([np.full(size, 1e-6), np.zeros(bends)])
    for at, (left, right) in enumerate(pieces):
        cost[size + at] = _BEND[(not places[left].is_node) + (not places[right].is_node)]
        for row, sign in ((2 * at, 1), (2 * at + 1, -1)):  # a bend is at least the difference, either way
            rows[row, left], rows[row, right], rows[row, size + at] = sign, -sign, -1
    for row, (above, below) in enumerate(apart, start=2 * bends):
        gap = _NEAR_NODES if places[above].is_node and places[below].is_node else _NEAR_LABELS
        rows[row, above], rows[row, below] = 1, -1
        limits[row] = -(gap + (places[above].height + places[below].height) / 2)
    lowest = [(place.height / 2, None) for place in places] + [(0, None)] * bends
    found = linprog(cost, A_ub=rows.tocsr(), b_ub=limits, bounds=lowest, method="highs-ds")
    heights: np.ndarray = found.x[:size]
    return heights


def _drawing(
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    onward: Sequence[tuple[int, int]],
    chains: Sequence[Sequence[int]],
    labels: Sequence[int],
    centres: Sequence[Point],
    places: Sequence[_Place],
    width: float,
) -> Drawing:
    """Let edges begin and end side by side on the sides of nodes, in the order in which they go on."""
    leaving: dict[int, list[int]] = {}
    arriving: dict[int, list[int]] = {}
    for at, chain in enumerate(chains):
        leaving.setdefault(chain[0], []).append(at)
        arriving.setdefault(chain[-1], []).append(at)
    ends: dict[tuple[int, int], Point] = {}
    for side, of_node, next_to in ((1, leaving, 1), (0, arriving, -2)):
        for node, edges in of_node.items():
            edges.sort(key=lambda at: (centres[chains[at][next_to]].y, at))
            box, centre = boxes[node], centres[node]
            for rank, at in enumerate(edges):
                share = (rank + 1) / (len(edges) + 1) - 0.5
                ends[at, side] = Point(centre.x + (side - 0.5) * box.width, centre.y + share * box.side)
    routes = []
    for at, chain in enumerate(chains):
        points = [ends[at, 1], *(centres[place] for place in chain[1:-1]), ends[at, 0]]
        back = onward[at][0] != arrows[at].source
        routes.append(Route(points[::-1] if back else points, centres[labels[at]]))
    height = max(centre.y + place.height / 2 for centre, place in zip(centres, places, strict=True))
    return Drawing(list(centres[: len(boxes)]), routes, width, height)
