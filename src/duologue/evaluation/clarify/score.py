"""The figures of a policy that may ask: what it does, what it says, where its conversations lead, what they cost.

    score = score_states(rows)
    score.figures["action macro f1"].value, score.figures["trajectory"].interval, score.without_simulator_faults

Definitions of ACT (Chen et al. 2025) and what it leaves out:

- actions, over all states: accuracy, macro and weighted F1, and precision, recall and F1 of asking;
- *turn*: the mean score of the first reply against the gold turn; *trajectory*: that of the final answers against the
  goals, over all states that have one, an answer that never came being 0;
- *post-clarification*: the trajectory score over states in which the policy asked. Which these are depends on the
  policy, so its support is told, and the same score over the states in which asking was right;
- *over-asking*: the share of clear states in which it asked; *under-asking*: of ambiguous ones in which it did not;
- *questions per solved state*: all questions over all goals reached.

Intervals (95 %) are by bootstrap over conversations, whose states stand or fall together. All but questions and tokens
are percent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, stdev

import msgspec
import numpy as np

from duologue.corpora.actions import ACTIONS, ANSWER, CLARIFY
from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.clarify.rows import ClarifyRow
from duologue.evaluation.estimate import NOTHING, Part, of_sums, over_rows
from duologue.measures.classification import accuracy, class_scores, confusion_matrix, macro_f1, weighted_f1

SIMULATOR = "simulator"
_LABELS = list(ACTIONS)
_ASKING = _LABELS.index(CLARIFY)
_Conversation = list[ClarifyRow]


class Spread(msgspec.Struct, frozen=True):
    """A figure over several runs.

    Attributes:
        mean: over the runs that have the figure.
        deviation: their standard deviation; None of a single one.
        runs: each run's value; None where it has none (0 / 0).
    """

    mean: float
    deviation: float | None
    runs: list[float | None]


class ClarifyScore(msgspec.Struct, frozen=True):
    """Everything about some simulated conversations.

    Attributes:
        states, conversations: how many, states being counted once for each sample and run.
        figures: by name, see the module.
        support: how many states the figures rest on: gold actions, `post-clarification`, `without goal`.
        confusion: gold action -> what the policy did -> how often.
        blame: missed goals by whose fault they are.
        faults: conversations that ended early, by role and kind.
        without_simulator_faults: the same figures without the conversations that a helper spoilt.
        runs: each figure over the runs, where there are several.
    """

    states: int
    conversations: int
    figures: dict[str, Figure]
    support: dict[str, int]
    confusion: dict[str, dict[str, int]]
    blame: dict[str, int]
    faults: dict[str, int]
    without_simulator_faults: dict[str, Figure]
    runs: dict[str, Spread]


def score_states(runs: Mapping[str, Sequence[ClarifyRow]], *, seed: int = 0) -> ClarifyScore:
    """Score one run of a policy, or several (seeds, samples) together.

    Args:
        runs: name -> its rows; conversations of the same id are drawn together, whatever their run.
        seed: of the bootstrap.

    Raises:
        ValueError: there are no rows.
    """
    rows = [row for each in runs.values() for row in each]
    if not rows:
        raise ValueError("no simulated conversation")
    matrix = confusion_matrix([row.gold for row in rows], [row.action for row in rows], _LABELS)
    single = [_figures(each, seed) for each in runs.values()] if len(runs) > 1 else []
    return ClarifyScore(
        states=len(rows),
        conversations=len({row.conversation for row in rows}),
        figures=_figures(rows, seed),
        support={
            **{f"gold {name}": sum(row.gold == name for row in rows) for name in _LABELS},
            "post-clarification": sum(row.asked and row.goal is not None for row in rows),
            "without goal": sum(row.goal is None for row in rows),
        },
        confusion={gold: {told: int(matrix[i, j]) for j, told in enumerate(_LABELS)} for i, gold in enumerate(_LABELS)},
        blame=dict(Counter(row.blame for row in rows if row.blame is not None).most_common()),
        faults=dict(Counter(row.fault for row in rows if row.fault is not None).most_common()),
        without_simulator_faults=_figures([row for row in rows if row.blame != SIMULATOR], seed),
        runs={name: _spread([each[name].value for each in single]) for name in (single[0] if single else ())},
    )


def _figures(rows: Sequence[ClarifyRow], seed: int) -> dict[str, Figure]:
    conversations: dict[str, _Conversation] = {}
    for row in rows:
        conversations.setdefault(row.conversation, []).append(row)
    grouped = list(conversations.values())
    estimates = over_rows(grouped, _PARTS, seed=seed)
    return _actions(grouped, seed) | {name: each.figure() for name, each in estimates.items()}


def _actions(conversations: Sequence[_Conversation], seed: int) -> dict[str, Figure]:
    if not conversations:
        return dict.fromkeys(_OF_ACTIONS, NOTHING.figure())
    sums = np.stack(
        [
            confusion_matrix([row.gold for row in rows], [row.action for row in rows], _LABELS).ravel()
            for rows in conversations
        ]
    )

    def figure(of: Callable[[Floats], Floats]) -> Figure:
        return of_sums(sums, lambda total: of(total.reshape(-1, len(_LABELS), len(_LABELS))), seed=seed).figure()

    return {name: figure(of) for name, of in _OF_ACTIONS.items()}


_OF_ACTIONS: dict[str, Callable[[Floats], Floats]] = {
    "action accuracy": accuracy,
    "action macro f1": macro_f1,
    "action weighted f1": weighted_f1,
    "asking f1": lambda matrices: class_scores(matrices, _ASKING)[2],
    "asking precision": lambda matrices: class_scores(matrices, _ASKING)[0],
    "asking recall": lambda matrices: class_scores(matrices, _ASKING)[1],
}


def _mean_over(counts: Callable[[ClarifyRow], bool], value: Callable[[ClarifyRow], float], *, percent: bool) -> Part:
    """The mean of a value over the states that count."""
    return Part(
        lambda rows: sum(value(row) for row in rows if counts(row)),
        lambda rows: sum(counts(row) for row in rows),
        percent,
    )


def _has_goal(row: ClarifyRow) -> bool:
    return row.goal is not None


def _goal(row: ClarifyRow) -> float:
    return row.goal or 0.0


_PARTS = {
    "turn": _mean_over(lambda row: row.turn is not None, lambda row: row.turn or 0.0, percent=True),
    "trajectory": _mean_over(_has_goal, _goal, percent=True),
    "post-clarification": _mean_over(lambda row: row.asked and _has_goal(row), _goal, percent=True),
    "trajectory, gold ambiguous": _mean_over(lambda row: row.gold == CLARIFY and _has_goal(row), _goal, percent=True),
    "goals reached": _mean_over(_has_goal, lambda row: row.reached, percent=True),
    "over-asking": _mean_over(lambda row: row.gold == ANSWER, lambda row: row.asked, percent=True),
    "under-asking": _mean_over(lambda row: row.gold == CLARIFY, lambda row: not row.asked, percent=True),
    "questions per state": _mean_over(lambda row: True, lambda row: row.questions, percent=False),
    "questions per solved state": Part(
        lambda rows: sum(row.questions for row in rows), lambda rows: sum(row.reached for row in rows), percent=False
    ),
    "tokens per conversation": _mean_over(lambda row: True, lambda row: row.tokens, percent=False),
}


def _spread(values: list[float]) -> Spread:
    found = [value for value in values if math.isfinite(value)]
    return Spread(
        mean(found) if found else math.nan,
        stdev(found) if len(found) > 1 else None,
        [value if math.isfinite(value) else None for value in values],
    )
