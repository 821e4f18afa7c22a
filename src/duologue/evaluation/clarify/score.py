"""The figures of a policy that may ask: what it does, what it says, where its conversations lead, what they cost.

    score = score_states(rows)
    score.figures["action macro f1"].value, score.figures["trajectory"].interval, score.without_simulator_faults

Definitions of ACT (Chen et al. 2025) and what it leaves out:

- actions, over all states: accuracy, macro and weighted F1, and precision, recall and F1 of asking; no action at all
  (a policy that says nothing, a classifier without a verdict) is right nowhere;
- *turn*: the mean score of the first reply against the gold turn; *trajectory*: that of the final answers against the
  goals, over all states that have one, an answer that never came being 0;
- *post-clarification*: the trajectory score over states in which the policy asked. Which these are depends on the
  policy, so its support is told, and the same score over the states in which asking was right;
- *over-asking*: the share of clear states in which it asked; *under-asking*: of ambiguous ones in which it did not;
- *trajectory, worst*: the least score among the conversations of a state (its readings, its samples);
- *questions per solved state*: all questions over all goals reached.

Without the simulator's faults, conversations that a helper spoilt do not count; in what is told of the first reply
(actions, turn, over- and under-asking) they do, if somebody could name its action: leaving out whoever asked a bad user
would make the policy look as if it asked less.

A state counts once, whatever the number of its conversations (`weighing`). Intervals (95 %) are by bootstrap over gold
conversations, whose states stand or fall together. All but questions and tokens are percent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean, stdev

import msgspec
import numpy as np

from duologue.corpora.actions import ACTIONS, ANSWER, CLARIFY
from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.clarify.rows import ClarifyRow
from duologue.evaluation.clarify.weighing import Weighed, weighed
from duologue.evaluation.estimate import NOTHING, Part, of_sums, over_rows
from duologue.measures.classification import accuracy, class_scores, macro_f1, weighted_f1

SIMULATOR = "simulator"
NONE = "none"
_LABELS = list(ACTIONS)
_TOLD = [*_LABELS, NONE]
_ASKING = _LABELS.index(CLARIFY)


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
        states, conversations: how many states, counted once in each run, and simulated conversations.
        figures: by name, see the module.
        support: how many states the figures rest on: gold actions, `post-clarification`, `without goal`.
        confusion: gold action -> what the policy did, an action or `none` -> in how many states.
        blame: conversations that missed their goal by whose fault that is.
        faults: conversations that ended early, by role and kind.
        without_simulator_faults: the same figures without the conversations that a helper spoilt, see the module.
        runs: each figure over the runs, where there are several.
    """

    states: int
    conversations: int
    figures: dict[str, Figure]
    support: dict[str, int]
    confusion: dict[str, dict[str, float]]
    blame: dict[str, int]
    faults: dict[str, int]
    without_simulator_faults: dict[str, Figure]
    runs: dict[str, Spread]


def score_states(runs: Mapping[str, Sequence[ClarifyRow]], *, seed: int = 0) -> ClarifyScore:
    """Score one run of a policy, or several (seeds) together.

    Args:
        runs: name -> its rows; what is of one gold conversation is drawn together, whatever its run.
        seed: of the bootstrap.

    Raises:
        ValueError: there are no rows.
    """
    found = weighed(runs)
    if not found:
        raise ValueError("no simulated conversation")
    rows = [each.row for each in found]
    matrix = confusion(found)
    single = [_figures(own, own, seed) for own in (weighed({name: each}) for name, each in runs.items())]
    return ClarifyScore(
        states=_count(found),
        conversations=len(rows),
        figures=_figures(found, found, seed),
        support={
            **{f"gold {name}": _count(each for each in found if each.row.gold == name) for name in _LABELS},
            "post-clarification": _count(each for each in found if each.row.asked and each.row.goal is not None),
            "without goal": _count(each for each in found if each.row.goal is None),
        },
        confusion={gold: {told: float(matrix[i, j]) for j, told in enumerate(_TOLD)} for i, gold in enumerate(_LABELS)},
        blame=dict(Counter(row.blame for row in rows if row.blame is not None).most_common()),
        faults=dict(Counter(row.fault for row in rows if row.fault is not None).most_common()),
        without_simulator_faults=_figures(
            _without(runs, lambda row: row.blame == SIMULATOR and row.action is None),
            _without(runs, lambda row: row.blame == SIMULATOR),
            seed,
        ),
        runs={name: _spread([each[name].value for each in single]) for name in single[0]} if len(runs) > 1 else {},
    )


def _count(found: Iterable[Weighed]) -> int:
    return round(sum(each.weight for each in found))


def _without(runs: Mapping[str, Sequence[ClarifyRow]], spoilt: Callable[[ClarifyRow], bool]) -> list[Weighed]:
    return weighed({name: [row for row in each if not spoilt(row)] for name, each in runs.items()})


def _figures(first: Sequence[Weighed], whole: Sequence[Weighed], seed: int) -> dict[str, Figure]:
    """The figures of first replies over some conversations, and those of whole conversations over others."""
    replies, conversations = _grouped(first), _grouped(whole)
    estimates = over_rows(replies, OF_REPLIES, seed=seed) | over_rows(conversations, OF_CONVERSATIONS, seed=seed)
    return _actions(replies, seed) | {name: each.figure() for name, each in estimates.items()}


def _grouped(found: Sequence[Weighed]) -> list[list[Weighed]]:
    groups: dict[str, list[Weighed]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(each)
    return list(groups.values())


def _actions(groups: Sequence[Sequence[Weighed]], seed: int) -> dict[str, Figure]:
    if not groups:
        return dict.fromkeys(OF_ACTIONS, NOTHING.figure())
    sums = np.stack([confusion(each).ravel() for each in groups])

    def figure(of: Callable[[Floats], Floats]) -> Figure:
        return of_sums(sums, lambda total: of(total.reshape(-1, len(_LABELS), len(_TOLD))), seed=seed).figure()

    return {name: figure(of) for name, of in OF_ACTIONS.items()}


def confusion(found: Sequence[Weighed]) -> Floats:
    """How much of each gold action became each action, or none; shape [actions, actions + 1]."""
    matrix = np.zeros((len(_LABELS), len(_TOLD)))
    for row, weight, *_ in found:
        matrix[_LABELS.index(row.gold), _TOLD.index(row.action or NONE)] += weight
    return matrix


OF_ACTIONS: dict[str, Callable[[Floats], Floats]] = {
    "action accuracy": accuracy,
    "action macro f1": macro_f1,
    "action weighted f1": weighted_f1,
    "asking f1": lambda matrices: class_scores(matrices, _ASKING)[2],
    "asking precision": lambda matrices: class_scores(matrices, _ASKING)[0],
    "asking recall": lambda matrices: class_scores(matrices, _ASKING)[1],
}


def _sum(value: Callable[[ClarifyRow], float | None]) -> Callable[[Sequence[Weighed]], float]:
    """The weighed sum of a value; None counts nothing."""
    return lambda found: sum(each.weight * (value(each.row) or 0.0) for each in found)


def _mean(value: Callable[[ClarifyRow], float | None], *, of: Callable[[ClarifyRow], bool] = lambda row: True) -> Part:
    """The mean of a value in percent, over the states that have it and count."""
    return Part(
        _sum(lambda row: value(row) if of(row) else None),
        _sum(lambda row: of(row) and value(row) is not None),
    )


OF_REPLIES = {
    "turn": _mean(lambda row: row.turn),
    "over-asking": _mean(lambda row: row.asked, of=lambda row: row.gold == ANSWER),
    "under-asking": _mean(lambda row: not row.asked, of=lambda row: row.gold == CLARIFY),
}
OF_CONVERSATIONS = {
    "trajectory": _mean(lambda row: row.goal),
    "trajectory, worst": Part(
        lambda found: sum(each.weight * (each.worst or 0.0) for each in found),
        lambda found: sum(each.weight * (each.worst is not None) for each in found),
    ),
    "post-clarification": _mean(lambda row: row.goal, of=lambda row: row.asked),
    "trajectory, gold ambiguous": _mean(lambda row: row.goal, of=lambda row: row.gold == CLARIFY),
    "goals reached": _mean(lambda row: None if row.goal is None else row.reached),
    "questions per state": Part(_sum(lambda row: row.questions), _sum(lambda row: 1), percent=False),
    "questions per solved state": Part(_sum(lambda row: row.questions), _sum(lambda row: row.reached), percent=False),
    "tokens per conversation": Part(_sum(lambda row: row.tokens), _sum(lambda row: 1), percent=False),
}


def _spread(values: list[float]) -> Spread:
    found = [value for value in values if math.isfinite(value)]
    return Spread(
        mean(found) if found else math.nan,
        stdev(found) if len(found) > 1 else None,
        [value if math.isfinite(value) else None for value in values],
    )
