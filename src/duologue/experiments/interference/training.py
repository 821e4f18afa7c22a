"""Stages `train/VARIANT`: SimpleToD on one rendering of the dialogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from duologue.dialogue import read
from duologue.errors import InputError
from duologue.experiments.interference.data import source_of
from duologue.experiments.interference.settings import TrainSettings
from duologue.experiments.stages import Work
from duologue.views.simpletod import Variant, special_tokens


def train(work: Work, variant: Variant, settings: TrainSettings) -> dict[str, Any]:
    """Train one system, or take the one that is given."""
    if settings.model is not None:
        return {"model": str(given_model(settings.model, variant).resolve()), "base": settings.base, "given": True}
    from duologue.training.data import simpletod_data
    from duologue.training.sft import train_sft

    source = source_of(variant)
    options = settings.options()
    validation = None
    if work.facts["data"]["dialogues"]["val"]:
        validation = simpletod_data(lambda: read(work.inputs["data"] / f"{source}-val.jsonl"), variant, options)
    else:
        options = options.model_copy(update={"early_stopping": None})
    done = train_sft(
        simpletod_data(lambda: read(work.inputs["data"] / f"{source}-train.jsonl"), variant, options),
        model=settings.base,
        out=work.folder / "model",
        options=options,
        validation=validation,
        special_tokens=special_tokens(),
        data=f"{variant} variant",
    )
    kept = (
        "steps",
        "examples",
        "too_long",
        "trainable",
        "added_tokens",
        "final_loss",
        "eval_loss",
        "seconds",
        "precision",
    )
    facts = {name: done.record.get(name) for name in kept}
    return {**facts, "model": done.folder.name, "base": settings.base, "given": False}


def given_model(folder: Path, variant: str) -> Path:
    """The folder of a given model for one variant.

    Raises:
        InputError: there is no model.
    """
    for place in (folder / variant / "model", folder / variant, folder):
        if any((place / name).is_file() for name in ("adapter_config.json", "config.json")):
            return place
    raise InputError(
        f"there is no model for the variant '{variant}'",
        where=f"train.model={folder}",
        mend="give a folder with simpletod, fusedchat and interference in it, or the folder of one model",
    )
