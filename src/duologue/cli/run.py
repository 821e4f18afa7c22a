"""`duologue run RECIPE [key=value …]`: an experiment from recipe to report."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def run(
    recipe: str,
    *overrides: str,
    out: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
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
        Only print the plan: stages, which are finished, requests, tokens, training steps.
    json
        Write the results here.
    """
    from duologue.cli.run_tables import show_plan, show_results
    from duologue.experiments import experiment
    from duologue.experiments.recipe import load_recipe

    settings = load_recipe(recipe, overrides)
    folder = out or Path("runs") / settings.name
    if dry_run:
        show_plan(experiment.plan(settings, folder), folder)
        return
    ran = experiment.run(settings, folder)
    show_results(ran)
    if json is not None:
        json.write_text(jsons.dumps(ran.summary.result, indent=2) + "\n", encoding="utf-8")
