"""The conversation graph as SVG: clusters as boxes, from BEGIN to END, what follows what as arrows.

    svg = conversation_graph(flow, threshold=0.1)

An arrow says how often the one cluster follows the other: `.31`, or `.31|.12` of ours and of the reference corpus. Only
arrows of at least the threshold are drawn, and the strongest way out of every cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from duologue.evaluation.flow.flow import Cluster, CorpusFlow, Flow
from duologue.experiments.report.flow.layout import Arrow, Box, Drawing, Point, lay_out
from duologue.experiments.report.render import render_page

THRESHOLD = 0.1
CLEAR = 0.05
"""Two probabilities that differ by so much have an arrow in the colour of the higher one."""

_USER, _SYSTEM = (221, 233, 246), (252, 236, 214)
_LETTER, _SMALL = 7.0, 6.4  # widths of letters of the two sizes of type, in pixels
_NODE, _END = 44.0, 58.0
_LOOP = 30.0
_MARGIN = 8.0


class Shown(NamedTuple):
    """A transition to be drawn: its row and column in the matrix, its probability in each corpus, its counts."""

    row: int
    column: int
    probabilities: list[float]
    counts: list[int]

    @property
    def text(self) -> str:
        """`.31`, or `.31|.12`."""
        return "|".join(f"{value:.2f}".removeprefix("0") for value in self.probabilities)

    @property
    def tone(self) -> str:
        """`plain`, `ours` or `reference`: where it is clearly more frequent."""
        apart = self.probabilities[0] - self.probabilities[-1]
        return "plain" if abs(apart) < CLEAR else "ours" if apart > 0 else "reference"

    @property
    def width(self) -> float:
        """Of its line, in pixels."""
        return round(0.8 + 4 * max(self.probabilities), 2)


def shown_transitions(corpora: Sequence[CorpusFlow], threshold: float) -> list[Shown]:
    """The transitions of at least the threshold in some corpus, and the strongest way out of every cluster."""
    chances = np.array([corpus.transitions.probabilities for corpus in corpora])
    counts = np.array([corpus.transitions.counts for corpus in corpora])
    kept = np.any(chances >= threshold, axis=0).reshape(chances.shape[1:])
    for corpus, probabilities in enumerate(chances):
        for row in np.flatnonzero(counts[corpus].sum(axis=1)):
            kept[row, probabilities[row].argmax()] = True
    return [
        Shown(int(row), int(column), chances[:, row, column].tolist(), counts[:, row, column].tolist())
        for row, column in np.argwhere(kept)
    ]


def conversation_graph(flow: Flow, *, threshold: float = THRESHOLD, links: bool = True) -> str:
    """Draw.

    Args:
        flow: of one corpus or two.
        threshold: the least probability of an arrow.
        links: clusters lead to their cards on the page.
    """
    clusters = len(flow.clusters)
    shown = shown_transitions(flow.corpora, threshold)
    loops = {each.row for each in shown if each.row == each.column + 1}
    boxes = [_circle(-1.0), *(_box(cluster, at + 1 in loops) for at, cluster in enumerate(flow.clusters)), _circle(2.0)]
    between = [each for each in shown if each.row != each.column + 1]
    drawn = lay_out(boxes, [_arrow(each, clusters, flow.corpora) for each in between])
    return render_page(
        "flow/graph.svg.jinja",
        names=[corpus.name for corpus in flow.corpora],
        width=round(drawn.width + 2 * _MARGIN, 1),
        height=round(drawn.height + 2 * _MARGIN, 1),
        margin=_MARGIN,
        links=links,
        ends=[("BEGIN", drawn.nodes[0]), ("END", drawn.nodes[-1])],
        radius=_END / 2 - 1,
        nodes=[
            _node(cluster, place, box, flow.corpora)
            for cluster, place, box in zip(flow.clusters, drawn.nodes[1:], boxes[1:], strict=False)
        ],
        edges=[*_edges(between, drawn), *_loops(shown, drawn, boxes)],
    )


class _Node(NamedTuple):
    number: int
    x: float
    y: float
    width: float
    height: float
    fill: str
    share: str
    words: str
    title: str


class _Edge(NamedTuple):
    path: str
    x: float
    y: float
    width: float
    shown: Shown


def _words(cluster: Cluster) -> str:
    """The two best words of which neither begins with the other (`train trains` says no more than `train`)."""
    words = [each.word for each in cluster.words.get("log_linear") or cluster.words["counted"]]
    first = words[0] if words else "(no words)"
    other = (word for word in words if not word.startswith(first) and not first.startswith(word))
    return " ".join([first, *islice(other, 1)])


def _share(cluster: Cluster, corpora: Sequence[CorpusFlow]) -> str:
    return " | ".join(f"{corpus.shares[cluster.number - 1].value:.0f}" for corpus in corpora) + " %"


def _box(cluster: Cluster, loop: bool) -> Box:
    """Room for a cluster, and above it for its arrow to itself."""
    width = max(74.0, _SMALL * len(_words(cluster)) + 16)
    return Box(width, _NODE + 2 * _LOOP * loop, cluster.position, _NODE)


def _circle(time: float) -> Box:
    return Box(_END, _END, time, _END / 2)


def _arrow(each: Shown, clusters: int, corpora: Sequence[CorpusFlow]) -> Arrow:
    target = clusters + 1 if each.column == clusters else each.column + 1
    shares = [count / max(1, corpus.utterances) for count, corpus in zip(each.counts, corpora, strict=True)]
    return Arrow(each.row, target, 0.01 + max(shares), _LETTER * len(each.text) + 4, 15.0)


def _node(cluster: Cluster, place: Point, box: Box, corpora: Sequence[CorpusFlow]) -> _Node:
    by_user = cluster.speakers.get("user", 0.0)
    fill = "#" + "".join(
        f"{round(by_user * user + (1 - by_user) * system):02x}" for user, system in zip(_USER, _SYSTEM, strict=True)
    )
    example = cluster.examples[0].text
    title = f"{cluster.utterances} utterances, {100 * by_user:.0f} % by the user, e.g. {example}"
    x, y = round(place.x - box.width / 2, 1), round(place.y - _NODE / 2, 1)
    share = _share(cluster, corpora)
    return _Node(cluster.number, x, y, round(box.width, 1), _NODE, fill, share, _words(cluster), title)


def _edges(between: Sequence[Shown], drawn: Drawing) -> list[_Edge]:
    found = []
    for each, route in zip(between, drawn.edges, strict=True):
        start, *rest = route.points
        path = f"M{start.x:.1f},{start.y:.1f}"
        for point in rest:
            middle = (start.x + point.x) / 2
            path += f"C{middle:.1f},{start.y:.1f} {middle:.1f},{point.y:.1f} {point.x:.1f},{point.y:.1f}"
            start = point
        found.append(_Edge(path, round(route.label.x, 1), round(route.label.y, 1), each.width, each))
    return found


def _loops(shown: Sequence[Shown], drawn: Drawing, boxes: Sequence[Box]) -> list[_Edge]:
    found = []
    for each in shown:
        if each.row == each.column + 1:
            place = drawn.nodes[each.row]
            top, reach = place.y - _NODE / 2, min(18.0, boxes[each.row].width / 4)
            left, right = place.x - reach, place.x + reach
            path = f"M{left:.1f},{top:.1f}"
            path += f"C{left - 6:.1f},{top - 22:.1f} {right + 6:.1f},{top - 22:.1f} {right:.1f},{top:.1f}"
            found.append(_Edge(path, round(place.x, 1), round(top - 17, 1), each.width, each))
    return found
