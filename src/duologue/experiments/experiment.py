"""An experiment from recipe to report.

recipe = load_recipe("interference", ["scale=smoke"])
run(recipe, Path("runs/demo"))       # runs/demo/report.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from duologue.errors import InputError
from duologue.experiments.forecast.forecast import (
    Forecast,
    completed,
    forecast,
    held_to,
    read_forecast,
    write_forecast,
)
from duologue.experiments.forecast.receipt import RECEIPT, RunReceipt, receipt_of
from duologue.experiments.kinds import Summary, find_kind, kind_of
from duologue.experiments.run_folder import RECIPE, write_recipe, write_run
from duologue.experiments.settings import Recipe
from duologue.experiments.stages import Finished, Stage, Standing, run_stages, standing
from duologue.files import locked, write_json
from duologue.models.budget import Budget, Price
from duologue.training.quiet import quiet_libraries


class Ran(NamedTuple):
    """A finished run: its stages, its receipt, its report, and what it shows."""

    stages: Sequence[Finished]
    receipt: RunReceipt
    report: Path
    summary: Summary


class Plan(NamedTuple):
    """What a run would do: every stage, whether it is finished; and what the model stages are forecast to take."""

    stages: Sequence[Standing]
    forecast: Forecast | None


def run(recipe: Recipe, folder: Path, *, budget: Budget | None = None) -> Ran:
    """Run what is not finished and write the report.

    Args:
        recipe: what is run.
        folder: the run folder.
        budget: what may be asked and spent, in all stages together.

    Raises:
        ModelFailure: the budget is spent, or a model cannot be reached; run again to go on.
        InputError: another run is at work in the folder, or the recipe names what is not there.
    """
    kind = kind_of(recipe)
    with locked(folder):
        stages = kind.stages(recipe)
        finished, receipt = _through(recipe, stages, stages, folder, budget)
        write_run(folder, finished, recipe.seed)
        page = kind.report(folder)
    return Ran(finished, receipt, page, kind.summary(folder))


def run_until(recipe: Recipe, last: str, folder: Path, *, budget: Budget | None = None) -> RunReceipt:
    """Run up to a stage, without a report; what the others will ask can then be forecast from what is there.

    Args:
        recipe: what is run.
        last: the name of the last stage that is run.
        folder: the run folder.
        budget: what may be asked and spent.

    Raises:
        ModelFailure: the budget is spent, or a model cannot be reached; run again to go on.
        InputError: there is no such stage, another run is at work in the folder, or the recipe names what is not there.
    """
    stages = kind_of(recipe).stages(recipe)
    names = [stage.name for stage in stages]
    if last not in names:
        raise InputError(f"there is no stage '{last}'", where=recipe.name, mend=f"one of {', '.join(names)}")
    with locked(folder):
        _, receipt = _through(recipe, stages, stages[: names.index(last) + 1], folder, budget)
    return receipt


def plan(recipe: Recipe, folder: Path, *, sample: int = 0, prices: Mapping[str, Price] | None = None) -> Plan:
    """What a run would do.

    Args:
        recipe: what would be run.
        folder: the run folder; with a forecast, `forecast.json` is written there and nothing else.
        sample: items that are tried for a forecast, at most `MOST`; 0 for none.
        prices: model -> what it costs.

    Raises:
        ModelFailure: a model cannot be reached.
        InputError: the recipe names what is not there.
    """
    stages = kind_of(recipe).stages(recipe)
    found = standing(stages, folder)
    if not sample or all(each.finished for each in found):
        return Plan(found, None)
    with quiet_libraries():
        told = forecast(stages, folder, most=sample, prices=prices)
    write_forecast(folder, completed(told, read_forecast(folder), found))
    return Plan(found, told)


def budget_of_forecast(recipe: Recipe, folder: Path, prices: Mapping[str, Price]) -> Budget:
    """The budget that a run folder's forecast allows for the stages that are not finished.

    Raises:
        InputError: there is no forecast.
    """
    told = read_forecast(folder)
    if told is None:
        raise InputError("no forecast here", where=str(folder), mend="forecast first, with --dry-run")
    return held_to(told, standing(kind_of(recipe).stages(recipe), folder), prices)


def _through(
    recipe: Recipe, stages: Sequence[Stage], wanted: Sequence[Stage], folder: Path, budget: Budget | None
) -> tuple[list[Finished], RunReceipt]:
    """Run the wanted stages, which are the first of all, and write the receipt."""
    write_recipe(folder, recipe)
    with quiet_libraries():
        finished = list(run_stages(wanted, folder, budget))
    receipt = receipt_of(stages, folder)
    write_json(folder / RECEIPT, receipt)
    return finished, receipt


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
