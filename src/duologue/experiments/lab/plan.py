"""The lab as stages: corpus → a training for each system → its answers → evaluate → report."""

from __future__ import annotations

from functools import partial
from typing import Any

from duologue.corpora.venues import database_files
from duologue.experiments.fingerprints import file_hash, model_fingerprint
from duologue.experiments.lab.answering import respond
from duologue.experiments.lab.corpus import SPLITS, corpus
from duologue.experiments.lab.judging import evaluate
from duologue.experiments.lab.settings import SMALL_T5, LabRecipe
from duologue.experiments.lab.training import train
from duologue.experiments.stages import SYSTEM_TURNS, Expected, Stage
from duologue.training.base_model import resolve
from duologue.training.loop_options import total_steps


def stages(recipe: LabRecipe) -> list[Stage]:
    """The stages of a recipe, the report left out.

    Raises:
        InputError: a file or a model of the recipe is not there.
    """
    found = [Stage("corpus", partial(corpus, settings=recipe.corpus), _corpus_options(recipe))]
    trained = [name for name, settings in recipe.systems.items() if settings.trained]
    for name in trained:
        settings = recipe.systems[name]
        found.append(
            Stage(
                f"train/{name}",
                partial(train, name=name, recipe=recipe),
                {
                    **settings.model_dump(mode="json"),
                    "instruction": recipe.instruction,
                    "dialogues": recipe.evaluate.dialogues,
                    "decoding": next(iter(recipe.decodings.values())).model_dump(mode="json"),
                    "weights": _weights(settings.base),
                },
                inputs=("corpus",),
                expected=Expected(steps=total_steps(settings.options(), _size(recipe, "train") * SYSTEM_TURNS)),
            )
        )
    for name in recipe.systems:
        turns = _size(recipe, "test") * SYSTEM_TURNS
        decodings = recipe.decodings_of(name)
        found.append(
            Stage(
                f"respond/{name}",
                partial(respond, name=name, recipe=recipe),
                {
                    **recipe.respond.model_dump(mode="json"),
                    "decodings": {each: options.model_dump(mode="json") for each, options in decodings.items()},
                    "instruction": recipe.instruction,
                    "view": recipe.systems[name].view,
                    "bits": recipe.systems[name].bits,
                    "seed": recipe.seed,
                    "weights": "" if name in trained else _weights(recipe.systems[name].base),
                },
                inputs=("corpus", *([f"train/{name}"] if name in trained else [])),
                expected=Expected(
                    turns * len(decodings), turns * sum(options.max_new_tokens for options in decodings.values())
                ),
            )
        )
    found.append(
        Stage(
            "evaluate",
            partial(evaluate, recipe=recipe),
            {"seed": recipe.seed, "compared": recipe.evaluate.differ_from},
            inputs=("corpus", *(f"train/{name}" for name in trained), *(f"respond/{name}" for name in recipe.systems)),
        )
    )
    return found


def _corpus_options(recipe: LabRecipe) -> dict[str, Any]:
    files = recipe.corpus.files
    if files is None:
        return {"sample": recipe.corpus.sample.model_dump(mode="json")}
    paths = [getattr(files, split).path for split in SPLITS]
    paths += [] if files.databases is None else database_files(files.databases)
    return {
        "files": files.model_dump(mode="json"),
        "bytes": [file_hash(path) if path.is_file() else "" for path in paths],
    }


def _weights(base: str) -> str:
    return "" if base == SMALL_T5 else model_fingerprint(f"hf:{resolve(base)}")


def _size(recipe: LabRecipe, split: str) -> int:
    """Dialogues of a split: of a sample exactly, of files the limit, or as many as MultiWOZ has."""
    files = recipe.corpus.files
    if files is None:
        return int(getattr(recipe.corpus.sample, split))
    return int(getattr(files, split).limit or {"train": 8438, "val": 1000, "test": 1000}[split])
