"""Stages `train/SYSTEM`: a system's model, with its dialogue metrics on the validation dialogues as it learns."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from duologue.dialogue import read
from duologue.evaluation.tod.databases import Databases
from duologue.experiments.databases import venues_of
from duologue.experiments.dev_metrics import dialogue_evaluation
from duologue.experiments.lab.settings import SMALL_T5, LabRecipe
from duologue.experiments.lab.systems import dev_system
from duologue.experiments.stages import Work
from duologue.experiments.trained import facts_of


def train(work: Work, name: str, recipe: LabRecipe) -> dict[str, Any]:
    """Train one system."""
    from duologue.training.data import response_data, simpletod_data
    from duologue.training.sft import train_sft
    from duologue.views.simpletod import special_tokens

    settings = recipe.systems[name]
    options, corpus = settings.options(), work.inputs["corpus"]
    base = str(_small_t5(work.folder / "base", options.seed)) if settings.base == SMALL_T5 else settings.base

    def data(split: str) -> Any:
        path = corpus / f"{split}.jsonl"
        if settings.view == "simpletod":
            return simpletod_data(lambda: read(path), "simpletod", options)
        return response_data(lambda: read(path), options, instruction=recipe.instruction)

    evaluation, count = None, recipe.evaluate.dialogues
    if count:
        venues = venues_of(corpus)
        evaluation = dialogue_evaluation(
            list(islice(read(corpus / "val.jsonl"), count)),
            dev_system(recipe, name, venues),
            None if venues is None else Databases(venues),
            on=f"the first {count} validation dialogues",
        )
    done = train_sft(
        data("train"),
        model=base,
        out=work.folder / "model",
        options=options,
        validation=data("val"),
        evaluation=evaluation,
        special_tokens=special_tokens() if settings.view == "simpletod" else [],
        data=f"the training dialogues ({settings.view})",
        instruction=recipe.instruction if settings.view == "response" else None,
    )
    return facts_of(done, base)


def _small_t5(folder: Path, seed: int) -> Path:
    """Made once: a training that goes on has it already."""
    from duologue.training.small_models import small_t5

    return folder if (folder / "config.json").exists() else small_t5(folder, seed=seed)
