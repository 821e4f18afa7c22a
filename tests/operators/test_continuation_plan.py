"""Drawing pairs: unique, at least one strategy, the same in any order, half of them where the probability is a half."""

from __future__ import annotations

from support_talk import support_talk

from duologue.corpora.continuation_points import Point, points
from duologue.corpora.strategies import EXTENDED
from duologue.operators.continuation_plan import Drawing, draw

TALKS = [support_talk(number, 9) for number in range(40)]
SAMPLED = Drawing("sampled", 0.3, False, None, 1, None)


def every() -> list[Point]:
    return list(points(TALKS))


def drawn(drawing: Drawing, given: list[Point], seed: int = 1) -> dict[str, list[str]]:
    made = [(pair.point.id, pair.strategies) for pair in draw(given, EXTENDED, drawing, seed)]
    assert len(dict(made)) == len(made)
    return dict(made)


def test_strategies_are_drawn_with_their_probability_in_the_published_order() -> None:
    found = drawn(SAMPLED, every())
    counts = [len(names) for names in found.values()]
    assert min(counts) >= 1
    assert 4.1 < sum(counts) / len(counts) < 4.9
    assert all(names == [name for name in EXTENDED if name in names] for names in found.values())
    assert all(len(names) == 1 for names in drawn(SAMPLED._replace(probability=0.0), every()).values())


def test_a_draw_depends_on_the_point_and_the_seed_alone() -> None:
    found = drawn(SAMPLED, every())
    assert drawn(SAMPLED, every()[::-1]) == found
    assert drawn(SAMPLED, every()[7:9]) == {key: found[key] for key in [point.id for point in every()[7:9]]}
    assert drawn(SAMPLED, every(), seed=2) != found


def test_points_are_drawn_without_repetition_in_the_order_of_the_corpus() -> None:
    ids = [point.id for point in every()]
    some = drawn(SAMPLED._replace(points=30), every())
    assert len(some) == 30
    assert list(some) == [key for key in ids if key in some]
    assert set(drawn(SAMPLED._replace(points=30), every()[::-1])) == set(some)
    assert list(drawn(SAMPLED._replace(points=10_000), every())) == ids
