"""The layout of a graph: nothing on top of anything, from left to right, few crossings."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.experiments.report.flow.layout import Arrow, Box, Drawing, Point, lay_out
from duologue.experiments.report.flow.ordering import ordered


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Arrow]]:
    size = draw(st.integers(2, 9))
    heights = draw(st.lists(st.sampled_from([40.0, 100.0]), min_size=size, max_size=size))
    pairs = [(one, other) for one in range(size) for other in range(size) if one != other]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20))
    boxes = [Box(80, height, at, 40) for at, height in enumerate(heights)]
    return boxes, [Arrow(one, other, 1.0, 24, 15) for one, other in chosen]


def apart(one: Point, other: Point, width: float, height: float) -> bool:
    return abs(one.x - other.x) >= width - 0.01 or abs(one.y - other.y) >= height - 0.01


@settings(max_examples=60)
@given(graphs())
def test_nothing_lies_on_top_of_anything(graph: tuple[list[Box], list[Arrow]]) -> None:
    boxes, arrows = graph
    drawn = lay_out(boxes, arrows)
    for one, other in combinations(range(len(boxes)), 2):
        assert apart(drawn.nodes[one], drawn.nodes[other], 80, (boxes[one].height + boxes[other].height) / 2)
    for route, later in combinations(drawn.edges, 2):
        assert apart(route.label, later.label, 24, 15)
    for route in drawn.edges:
        for node, box in zip(drawn.nodes, boxes, strict=True):
            assert apart(route.label, node, (24 + 80) / 2, (15 + box.height) / 2)


@settings(max_examples=60)
@given(graphs())
def test_edges_join_their_nodes_and_go_with_time(graph: tuple[list[Box], list[Arrow]]) -> None:
    boxes, arrows = graph
    drawn = lay_out(boxes, arrows)
    for arrow, route in zip(arrows, drawn.edges, strict=True):
        source, target = drawn.nodes[arrow.source], drawn.nodes[arrow.target]
        assert (source.x < target.x) == (arrow.source < arrow.target)
        for end, node in ((route.points[0], source), (route.points[-1], target)):
            assert abs(abs(end.x - node.x) - 40) < 0.01
            assert abs(end.y - node.y) < 20
        across = [point.x for point in route.points]
        assert across == sorted(across, reverse=source.x > target.x)
        assert all(0 <= point.x <= drawn.width and 0 <= point.y <= drawn.height for point in route.points)


def test_a_chain_is_a_straight_line() -> None:
    drawn = lay_out([Box(60, 40, at, 40) for at in range(4)], [Arrow(at, at + 1, 1.0, 20, 15) for at in range(3)])
    assert {round(point.y, 3) for point in drawn.nodes} == {20}
    assert all({round(point.y, 3) for point in route.points} == {20} for route in drawn.edges)


def test_crossings_that_can_be_avoided_are() -> None:
    # 0 1 2 | 3 4 5, joined crosswise: 0-5, 1-4, 2-3
    columns = ordered([0, 0, 0, 1, 1, 1], [(0, 5), (1, 4), (2, 3)])
    assert [{0: 5, 1: 4, 2: 3}[place] for place in columns[0]] == columns[1]


def test_a_single_node() -> None:
    assert lay_out([Box(60, 40, 0, 40)], []) == Drawing([Point(30, 20)], [], 60, 40)
