"""An experiment from recipe to report.

recipe = load_recipe("interference", ["scale=smoke"])
run(recipe, Path("runs/demo"))       # runs/demo/report.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from duologue.errors import InputError
from duologue.experiments.kinds import Summary, find_kind, kind_of
from duologue.experiments.run_folder import RECIPE, write_recipe, write_run
from duologue.experiments.settings import Recipe
from duologue.experiments.stages import Finished, Standing, run_stages, standing
from duologue.files import locked
from duologue.training.quiet import quiet_libraries


class Ran(NamedTuple):
    """A finished run: its stages, its report, and what it shows."""

    stages: Sequence[Finished]
    report: Path
    summary: Summary


def run(recipe: Recipe, folder: Path) -> Ran:
    """Run what is not finished and write the report.

    Raises:
        InputError: another run is at work in the folder, or the recipe names what is not there.
    """
    kind = kind_of(recipe)
    with locked(folder):
        write_recipe(folder, recipe)
        with quiet_libraries():
            finished = list(run_stages(kind.stages(recipe), folder))
        write_run(folder, finished, recipe.seed)
        page = kind.report(folder)
    return Ran(finished, page, kind.summary(folder))


def plan(recipe: Recipe, folder: Path) -> list[Standing]:
    """What a run would do: every stage, whether it is finished, and what it would cost."""
    return standing(kind_of(recipe).stages(recipe), folder)


def report(folder: Path) -> Path:
    """Write a finished run's report anew.

    Raises:
        InputError: the folder holds no run, or the run is not finished.
    """
    path = folder / RECIPE
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise InputError(
            "no finished run here", where=str(folder), mend="give the --out folder of duologue run"
        ) from None
    name = settings.get("experiment") if isinstance(settings, dict) else None
    return find_kind(str(name), str(path)).report(folder)
