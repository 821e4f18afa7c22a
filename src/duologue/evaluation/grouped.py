"""A share or mean over rows of which some belong together: annotations of one task, answers from one conversation.

grouped_ratio((row.task, row.right, 1) for row in rows)       # percent right, the interval over tasks
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.estimate import NOTHING, mean, share


def grouped_ratio(rows: Iterable[tuple[Hashable, float, float]], *, percent: bool = True, seed: int = 0) -> Figure:
    """The sum of one number over the sum of another; the rows of a group are drawn together.

    Args:
        rows: group, what counts, out of what.
        percent: times 100.
        seed: of the bootstrap over groups.
    """
    sums: dict[Hashable, tuple[float, float]] = {}
    for group, above, below in rows:
        before = sums.get(group, (0.0, 0.0))
        sums[group] = (before[0] + above, before[1] + below)
    if not sums:
        return NOTHING.figure()
    taken = share if percent else mean
    return taken([each[0] for each in sums.values()], [each[1] for each in sums.values()], seed=seed).figure()
