"""Experiment trackers by transformers' names (`tensorboard`, `wandb`, `mlflow`, …): none unless asked for.

require_trackers(["tensorboard"])
with tensorboard_in(folder / "tensorboard"): build_trainer(…)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from duologue.errors import InputError

_PACKAGES = {"azure_ml": "azureml-mlflow", "comet_ml": "comet-ml"}
_FOLDER = "TENSORBOARD_LOGGING_DIR"


def require_trackers(names: Sequence[str]) -> None:
    """See that every tracker is known and its package installed; nothing is contacted.

    Raises:
        InputError: names the tracker and how to install it.
    """
    if not names:
        return
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        get_available_reporting_integrations,
    )

    there = get_available_reporting_integrations()
    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            known = ", ".join(sorted(INTEGRATION_TO_CALLBACK))
            raise InputError(f"there is no tracker '{name}'", where="--report-to", mend=f"give one of {known}")
        if name not in there:
            package = _PACKAGES.get(name, name)
            raise InputError(f"{name} is not installed", where="--report-to", mend=f"pip install {package}")


@contextmanager
def tensorboard_in(folder: Path) -> Iterator[None]:
    """TensorBoard's event files of a trainer that is built in this block go into `folder`.

    transformers reads the place from the environment; by default it would be among the checkpoints, which are removed.
    """
    earlier = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = earlier or str(folder)
    try:
        yield
    finally:
        if earlier is None:
            del os.environ[_FOLDER]
