"""`duologue demo`: one recipe's whole loop on the embedded model, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_RECIPES = {"lab": "demo/lab", "steering": "demo/steering", "clarify": "demo/clarify"}
"""Where a demo is not the recipe of its name."""


def demo(
    experiment: Literal["interference", "seedtalk", "lab", "steering", "clarify"] = "interference",
    *,
    out: Path | None = None,
) -> None:
    """Run a whole experiment on the embedded model: a few minutes on two cores, offline.

    Parameters
    ----------
    experiment
        Which one.
    out
        The run folder; by default `runs/demo-` and its name.
    """
    from duologue.cli.run import run

    run(_RECIPES.get(experiment, experiment), out=out or Path("runs") / f"demo-{experiment}")
