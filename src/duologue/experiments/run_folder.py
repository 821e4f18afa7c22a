"""The run folder: everything that one experiment used and made.

| file | what |
|---|---|
| `recipe.yaml` | the resolved recipe: `duologue run RUN/recipe.yaml` repeats the run |
| `run.json` | versions, machine, seed, git revision, seconds per stage |
| `stages/NAME/` | what each stage made, and its `done.json` |
| `ledgers/NAME/` | every reply of a model, once |
| `forecast.json` | what `--dry-run` foretold, where it was asked |
| `receipt.json` | what each stage asked and took, beside the forecast |
| `report.html` | the report |
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from duologue import __version__
from duologue.errors import InputError
from duologue.experiments.stages import Finished
from duologue.files import write_json, write_text
from duologue.training.record import versions

RECIPE, RUN, REPORT = "recipe.yaml", "run.json", "report.html"
_PACKAGES = ("torch", "transformers", "trl", "peft", "sacrebleu", "sentence-transformers", "numpy")


def write_recipe(folder: Path, recipe: BaseModel) -> None:
    """Write the resolved recipe."""
    text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    write_text(folder / RECIPE, text)


def write_run(folder: Path, finished: list[Finished], seed: int) -> dict[str, Any]:
    """Write what the run was: versions, machine, timings of each stage."""
    about = {
        "duologue": __version__,
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "versions": versions(_PACKAGES),
        "machine": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "processor": _processor(),
            "cpus": os.cpu_count(),
        },
        "git": _revision(),
        "seconds": {stage.name: stage.seconds for stage in finished},
    }
    write_json(folder / RUN, about)
    return about


def read_run(folder: Path) -> dict[str, Any]:
    """What a run was.

    Raises:
        InputError: the folder holds no finished run.
    """
    try:
        about: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise InputError(
            "no finished run here", where=str(folder), mend="give the --out folder of duologue run"
        ) from None
    return about


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _revision() -> str | None:
    """The git revision of the code, where it runs from a checkout; marked where files were changed."""
    here = Path(__file__).parents[3]
    if not (here / ".git").exists():  # installed: a repository around the environment is somebody else's
        return None
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
