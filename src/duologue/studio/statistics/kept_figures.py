"""The figures of projects, computed anew when somebody has said something, and for all who look at once.

kept = KeptFigures()
told = kept.of(opened, snapshot, verdicts)
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from duologue.evaluation.judge.pairwise_score import PairwiseScore
from duologue.studio.projects.item import Item
from duologue.studio.projects.project import Project
from duologue.studio.statistics.figures import ProjectFigures, figures
from duologue.studio.statistics.judgements import judgements
from duologue.studio.store.store import Snapshot


class _Kept(NamedTuple):
    number: int
    verdicts: dict[str, PairwiseScore]
    figures: ProjectFigures


class KeptFigures:
    """The last figures of each project."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def of(
        self, project: Project, items: Mapping[str, Item], found: Snapshot, verdicts: Mapping[str, PairwiseScore]
    ) -> ProjectFigures:
        """The figures of a snapshot, or of a later one that was looked at meanwhile."""
        number = found.events[-1].number if found.events else 0
        with self._lock:
            kept = self._kept.get(project.name)
            if kept is None or kept.number < number or not _same(kept.verdicts, verdicts):
                told = figures(project, items, judgements(project, items, found), verdicts)
                self._kept[project.name] = kept = _Kept(number, dict(verdicts), told)
            return kept.figures


def _same(one: Mapping[str, PairwiseScore], other: Mapping[str, PairwiseScore]) -> bool:
    return one.keys() == other.keys() and all(one[name] is other[name] for name in one)
