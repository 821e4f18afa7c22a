"""`duologue run RECIPE [key=value …]`: an experiment from recipe to report."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from duologue.cli.budget_flags import BudgetFlags


def run(
    recipe: str,
    *overrides: str,
    out: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    sample: Annotated[int, Parameter(validator=Number(gte=0, lte=5))] = 5,
    within_forecast: Annotated[bool, Parameter(negative=())] = False,
    until: str | None = None,
    budget: BudgetFlags | None = None,
    json: Path | None = None,
) -> None:
    """Run a recipe's stages and write its report; finished stages are skipped, a stopped run goes on.

    Parameters
    ----------
    recipe
        A YAML file, or the name of one that ships: `interference`, `paper/interference`.
    overrides
        Settings of the recipe, e.g. `train.learning_rate=1e-4` or `scale=smoke`.
    out
        The run folder; by default `runs/` and the recipe's name.
    dry_run
        Only print the plan and a forecast: requests, tokens, money and time, from a few items tried outside the run.
    sample
        Items that --dry-run tries; 0 asks no model and tells upper bounds only.
    within_forecast
        Stop, resumable, where the run would go beyond the upper bounds of its forecast.
    until
        Stop after this stage, without a report; what the others ask can then be forecast from what is there.
    json
        Write the results here; with --dry-run the forecast, with --until the receipt.
    """
    from duologue.cli.run_tables import show_forecast, show_plan, show_receipt, show_results
    from duologue.errors import InputError
    from duologue.experiments import experiment
    from duologue.experiments.recipe import load_recipe
    from duologue.files import write_json

    flags = budget or BudgetFlags()
    settings = load_recipe(recipe, overrides)
    folder = out or Path("runs") / settings.name
    if dry_run and until is not None:
        raise InputError("--until goes with a run, not with --dry-run", where="run", mend="leave one out")
    if dry_run:
        planned = experiment.plan(settings, folder, sample=sample, prices=flags.table())
        show_plan(planned.stages, folder)
        if planned.forecast is not None:
            show_forecast(planned.forecast)
        if json is not None:
            write_json(json, planned.forecast)
        return
    allowed = flags.open()
    if within_forecast:
        if any(limit is not None for limit in (flags.max_requests, flags.max_tokens, flags.max_cost)):
            raise InputError("--within-forecast is a budget already", where="run", mend="leave the --max options out")
        allowed = experiment.budget_of_forecast(settings, folder, flags.table())
    if until is not None:
        receipt = experiment.run_until(settings, until, folder, budget=allowed)
        show_receipt(receipt)
        if json is not None:
            write_json(json, receipt)
        return
    ran = experiment.run(settings, folder, budget=allowed)
    show_receipt(ran.receipt)
    show_results(ran)
    if json is not None:
        json.write_text(jsons.dumps(ran.summary.result, indent=2) + "\n", encoding="utf-8")
