"""Which experiments there are, and what a run must know of one: its settings, stages, report, and what it prints.

kind_of(load_recipe("interference")).stages(recipe)
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.experiments.settings import Recipe
from duologue.experiments.stages import Stage

_WHERE = {
    "interference": "duologue.experiments.interference.kind:INTERFERENCE",
    "seedtalk": "duologue.experiments.seedtalk.kind:SEEDTALK",
    "lab": "duologue.experiments.lab.kind:LAB",
    "steering": "duologue.experiments.steering.kind:STEERING",
    "clarify": "duologue.experiments.clarify.kind:CLARIFY",
}
"""Name -> where its `Kind` is; imported when it is needed."""


class Summary(NamedTuple):
    """What a finished run shows on the terminal, and hands out as JSON.

    Attributes:
        headings: of the table's columns.
        rows: its cells.
        lines: what stands below it.
        result: the same as values.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[str]
    result: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of experiment.

    Attributes:
        name: what a recipe calls it.
        recipe: its settings.
        stages: recipe -> stages, the report left out (it is cheap and made anew each time).
        report: writes a finished run's report and returns its path.
        summary: what a finished run shows.
    """

    name: str
    recipe: type[Recipe]
    stages: Callable[[Any], list[Stage]]
    report: Callable[[Path], Path]
    summary: Callable[[Path], Summary]


def find_kind(name: str, where: str) -> Kind:
    """The experiment of a name.

    Raises:
        InputError: there is none.
    """
    if name not in _WHERE:
        known = ", ".join(_WHERE)
        raise InputError(f"there is no experiment '{name}'", where=where, mend=f"experiment: one of {known}")
    kind: Kind = pkgutil.resolve_name(_WHERE[name])
    return kind


def kind_of(recipe: Recipe) -> Kind:
    """The experiment that a recipe is for."""
    return find_kind(recipe.experiment, recipe.name)
