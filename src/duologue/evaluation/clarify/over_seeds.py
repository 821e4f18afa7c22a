"""Figures of policies that were trained several times, and how far they would lie elsewhere with other seeds and talks.

    found = estimates({"act": {"0": rows, "1": others}, "sft": {"0": …, "1": …}})
    found["act"]["trajectory"].figure(), difference(found["act"]["trajectory"], found["sft"]["trajectory"])

A figure is the mean of the runs' figures. A bootstrap draw takes runs with replacement, and gold conversations with
replacement: both vary, and what is of one conversation stands or falls together. All policies are judged on the same
draws, so `estimate.difference` of two of them is paired: by conversation, and by run where runs have the same names
(the seed drew the same training conversations and the same policy to begin with).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats, draws
from duologue.evaluation.clarify.rows import ClarifyRow
from duologue.evaluation.clarify.score import OF_ACTIONS, OF_CONVERSATIONS, OF_REPLIES, confusion
from duologue.evaluation.clarify.weighing import Weighed, weighed
from duologue.evaluation.estimate import Estimate, Part, ratio

Runs = Mapping[str, Sequence[ClarifyRow]]
"""Run (a seed) -> its rows."""


class _Measure(NamedTuple):
    """A figure: from the conversations of a group to numbers, and from the sums of these to the figure."""

    sums: Callable[[Sequence[Weighed]], Sequence[float]]
    of: Callable[[Floats], Floats]


def estimates(policies: Mapping[str, Runs], *, seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """Every figure of every policy.

    Args:
        policies: name -> runs. All have the same runs, or, as what was never trained, a single one, which then stands
            beside each of the others'.
        seed: of the bootstrap.

    Raises:
        ValueError: no conversation at all, or a policy has other runs than the rest.
    """
    names = _runs(policies)
    found = weighed({f"{policy}\0{run}": rows for policy, runs in policies.items() for run, rows in runs.items()})
    if not found:
        raise ValueError("no simulated conversation")
    groups = {name: number for number, name in enumerate(dict.fromkeys(each.group for each in found))}
    conversations = np.concatenate(list(draws(len(groups), seed=seed)))
    of_runs = np.concatenate(list(draws(len(names), seed=seed + 1)))
    whole = np.ones((1, len(groups)))
    told: dict[str, dict[str, Estimate]] = {}
    start = 0
    for policy, runs in policies.items():
        sorted_out: dict[str, list[list[Weighed]]] = {}
        for run, rows in runs.items():
            sorted_out[run] = [[] for _ in groups]
            for each in found[start : start + len(rows)]:
                sorted_out[run][groups[each.group]].append(each)
            start += len(rows)
        grouped = [sorted_out[name] if name in sorted_out else next(iter(sorted_out.values())) for name in names]
        told[policy] = {}
        for name, measure in MEASURES.items():
            sums = [np.array([measure.sums(group) for group in run], dtype=np.float64) for run in grouped]
            value = _mean([measure.of(whole @ each) for each in sums], np.ones((1, len(names))))
            drawn = _mean([measure.of(conversations @ each) for each in sums], of_runs)
            told[policy][name] = Estimate(float(value[0]), drawn)
    return told


def _runs(policies: Mapping[str, Runs]) -> list[str]:
    most = max((list(runs) for runs in policies.values()), key=len, default=[])
    for policy, runs in policies.items():
        if len(runs) != 1 and set(runs) != set(most):
            raise ValueError(f"{policy} has the runs {', '.join(runs)}, others have {', '.join(most)}")
    return most


def _mean(values: Sequence[Floats], weights: NDArray[np.float64]) -> Floats:
    """The weighed mean over runs that have a figure; NaN where none has.

    Args:
        values: of each run, shape [draws].
        weights: of the runs, shape [draws, runs].
    """
    each = np.stack(values, axis=1)
    there = np.isfinite(each)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights * np.where(there, each, 0.0)).sum(axis=1) / (weights * there).sum(axis=1))


def _of_actions(of: Callable[[Floats], Floats]) -> _Measure:
    return _Measure(
        lambda found: confusion(found).ravel().tolist(),
        lambda total: of(total.reshape(-1, *confusion([]).shape)),
    )


def _of_part(part: Part) -> _Measure:
    unit = 100.0 if part.percent else 1.0
    return _Measure(
        lambda found: (part.above(found), part.below(found)),
        lambda total: unit * ratio(total),
    )


MEASURES: dict[str, _Measure] = {
    **{name: _of_actions(of) for name, of in OF_ACTIONS.items()},
    **{name: _of_part(part) for name, part in (OF_REPLIES | OF_CONVERSATIONS).items()},
}
"""All figures of `score`, by name."""
