"""An experiment from recipe to report.

recipe = load_recipe("interference", ["scale=smoke"])
run(recipe, Path("runs/demo"))       # runs/demo/report.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from duologue.experiments.interference.plan import stages
from duologue.experiments.interference.settings import InterferenceRecipe
from duologue.experiments.report.interference import write_report
from duologue.experiments.run_folder import write_recipe, write_run
from duologue.experiments.stages import Finished, Standing, read_facts, run_stages, standing
from duologue.files import locked
from duologue.training.quiet import quiet_libraries


class Ran(NamedTuple):
    """A finished run: its stages, its report, the table and the verdict."""

    stages: Sequence[Finished]
    report: Path
    table: dict[str, Any]
    verdict: str


def run(recipe: InterferenceRecipe, folder: Path) -> Ran:
    """Run what is not finished and write the report.

    Raises:
        InputError: another run is at work in the folder, or the recipe names what is not there.
    """
    with locked(folder):
        write_recipe(folder, recipe)
        with quiet_libraries():
            finished = list(run_stages(stages(recipe), folder))
        write_run(folder, finished, recipe.seed)
        report = write_report(folder)
    facts = read_facts(folder, "evaluate")
    return Ran(finished, report, facts["table"], facts["verdict"])


def plan(recipe: InterferenceRecipe, folder: Path) -> list[Standing]:
    """What a run would do: every stage, whether it is finished, and what it would cost."""
    return standing(stages(recipe), folder)
