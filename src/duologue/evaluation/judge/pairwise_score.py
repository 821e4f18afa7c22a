"""The figures of a pairwise judge: shares of every outcome, win rates, and how far the order decided.

score = score_pairs(rows, ("c1_hf", "standard"), judge="openai:NAME")
score.shares["first"].value, score.position.shown_first
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import get_args

import msgspec

from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.grouped import grouped_ratio
from duologue.evaluation.judge.pairwise import Outcome, PairwiseRow
from duologue.evaluation.win_rates import Outcome as Met
from duologue.evaluation.win_rates import WinRates, win_rates

_RESULT = {"first": 1.0, "second": -1.0, "tie": 0.0}


class PositionBias(msgspec.Struct, frozen=True):
    """How far the order of the answers decided.

    Attributes:
        consistent: percent of comparisons, with a verdict in both orders, whose verdicts are the same.
        shown_first: percent of the verdicts for one answer that are for the one shown first; 50 without a bias.
        first_twice: comparisons in which the answer shown first won in both orders.
        second_twice: in which the one shown second did.
    """

    consistent: Figure
    shown_first: Figure
    first_twice: int
    second_twice: int


class PairwiseScore(msgspec.Struct, frozen=True):
    """What a judge said of two systems; intervals are over conversations.

    Attributes:
        judge: the model.
        systems: the first and the second.
        comparisons: how many were judged.
        counts: outcome -> comparisons.
        shares: the same in percent of all comparisons.
        both_ties: ties that are one in both orders; the others had another winner in each order, or one tie.
        wins: win rates over the comparisons with verdicts in both orders.
        by_strategy: strategy -> outcome -> comparisons.
        position: the bias of position.
        rows: one per comparison.
    """

    judge: str
    systems: tuple[str, str]
    comparisons: int
    counts: dict[Outcome, int]
    shares: dict[Outcome, Figure]
    both_ties: int
    wins: WinRates
    by_strategy: dict[str, dict[Outcome, int]]
    position: PositionBias
    rows: list[PairwiseRow]


def score_pairs(rows: Sequence[PairwiseRow], systems: tuple[str, str], *, judge: str, seed: int = 0) -> PairwiseScore:
    """Count the outcomes; at least one row."""
    met = [Met(row.conversation, *systems, _RESULT[row.outcome]) for row in rows if row.outcome in _RESULT]
    by_strategy: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for row in rows:
        if row.strategy is not None:
            by_strategy[row.strategy][row.outcome] += 1
    outcomes: tuple[Outcome, ...] = get_args(Outcome)
    counts = Counter(row.outcome for row in rows)
    return PairwiseScore(
        judge,
        systems,
        len(rows),
        counts={outcome: counts[outcome] for outcome in outcomes},
        shares={outcome: _share(rows, _is(outcome), lambda _: 1, seed) for outcome in outcomes},
        both_ties=sum(row.verdicts == ("tie", "tie") for row in rows),
        wins=win_rates(met, seed=seed),
        by_strategy={name: dict(found) for name, found in sorted(by_strategy.items())},
        position=_position(rows, seed),
        rows=list(rows),
    )


def _position(rows: Sequence[PairwiseRow], seed: int) -> PositionBias:
    whole = [row for row in rows if None not in row.verdicts]
    return PositionBias(
        consistent=_share(whole, lambda row: row.verdicts[0] == row.verdicts[1], lambda _: 1, seed),
        shown_first=_share(
            rows,
            lambda row: (row.verdicts[0] == "first") + (row.verdicts[1] == "second"),
            lambda row: sum(verdict in ("first", "second") for verdict in row.verdicts),
            seed,
        ),
        first_twice=sum(row.verdicts == ("first", "second") for row in rows),
        second_twice=sum(row.verdicts == ("second", "first") for row in rows),
    )


def _is(outcome: Outcome) -> Callable[[PairwiseRow], bool]:
    return lambda row: row.outcome == outcome


def _share(
    rows: Sequence[PairwiseRow],
    above: Callable[[PairwiseRow], float],
    below: Callable[[PairwiseRow], float],
    seed: int,
) -> Figure:
    """In percent, drawn by conversation."""
    return grouped_ratio(((row.conversation, above(row), below(row)) for row in rows), seed=seed)
