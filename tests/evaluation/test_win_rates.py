"""Wins, losses and ties, whichever of the two names comes first."""

from __future__ import annotations

from duologue.evaluation.win_rates import Outcome, win_rates


def test_a_pair_is_one_whatever_the_order_of_its_names() -> None:
    met = [Outcome("1", "new", "old", 2), Outcome("2", "old", "new", -1), Outcome("3", "old", "new", 4)]
    met += [Outcome("4", "new", "old", 0)]
    found = win_rates(met)
    (pair,) = found.pairs
    assert (pair.first, pair.second) == ("new", "old")
    assert (pair.standing.wins, pair.standing.losses, pair.standing.ties) == (2, 1, 1)
    assert pair.standing.rate.value == 62.5
    assert pair.standing.preferred.value == 50
    assert found.systems["old"].wins == 1
    assert found.systems["old"].rate.value == 37.5


def test_every_system_over_all_its_comparisons() -> None:
    met = [Outcome("1", "a", "b", 1), Outcome("2", "b", "c", 1), Outcome("3", "c", "a", 0)]
    found = win_rates(met)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.systems["b"].rate.value == 50
    assert (found.systems["a"].wins, found.systems["a"].ties) == (1, 1)


def test_rows_of_one_group_are_drawn_together() -> None:
    apart = win_rates([Outcome(str(at), "a", "b", 1 if at % 2 else -1) for at in range(40)]).pairs[0].standing.rate
    together = win_rates([Outcome(str(at // 20), "a", "b", 1 if at < 20 else -1) for at in range(40)])
    rate = together.pairs[0].standing.rate
    assert apart.interval is not None
    assert rate.interval is not None
    assert apart.value == rate.value == 50
    assert (rate.interval.low, rate.interval.high) == (0, 100)
    assert apart.interval.high - apart.interval.low < 40


def test_nothing_met_nothing_told() -> None:
    assert win_rates([]).pairs == []
