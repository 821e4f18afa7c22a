"""The interference experiment as stages.

corpus → situations → synthesize → data → three trainings → four setups answered → evaluate → report
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from duologue.corpora.venues import database_files
from duologue.experiments.fingerprints import file_hash, model_fingerprint
from duologue.experiments.interference import corpus, synthesis
from duologue.experiments.interference.data import data
from duologue.experiments.interference.evaluate import evaluate
from duologue.experiments.interference.respond import respond
from duologue.experiments.interference.settings import SETUPS, VARIANTS, InterferenceRecipe
from duologue.experiments.interference.training import given_model, train
from duologue.experiments.stages import SYSTEM_TURNS, Expected, Stage
from duologue.operators.interference import INTERFERENCE
from duologue.operators.situation import SITUATION
from duologue.training.base_model import resolve
from duologue.training.loop_options import total_steps
from duologue.training.options import SFTOptions


def setup_name(trained: str, asked: str) -> str:
    """`simpletod-to-interference`: what a system was trained on, and what it is asked."""
    return f"{trained}-to-{asked}"


def stages(recipe: InterferenceRecipe) -> list[Stage]:
    """The stages of a recipe, the report left out (it is cheap and made anew each time).

    Raises:
        InputError: a file or a model of the recipe is not there.
    """
    sizes = _sizes(recipe)
    given = {} if recipe.corpus.files is None else dict(recipe.corpus.files.situations)
    asked = sum(size for split, size in sizes.items() if split not in given)
    every = sum(sizes.values())
    markers = recipe.train.markers
    found = [
        _corpus(recipe),
        Stage(
            "situations",
            synthesis.situations(recipe.situations, given, recipe.seed),
            options={
                **recipe.situations.model_dump(mode="json"),
                "given": {split: file_hash(path) for split, path in given.items()},
                "seed": recipe.seed,
                "weights": model_fingerprint(recipe.situations.model, recipe.situations.model_options()),
            },
            inputs=("corpus",),
            prompts=SITUATION.prompts,
            expected=Expected(asked * recipe.situations.draws, asked * recipe.situations.answer_tokens),
        ),
        Stage(
            "synthesize",
            synthesis.synthesize(recipe.synthesize, given, recipe.seed),
            options={
                **recipe.synthesize.model_dump(mode="json"),
                "files": [file_hash(p) for p in (recipe.synthesize.situations, recipe.synthesize.backstories) if p],
                "seed": recipe.seed,
                "weights": model_fingerprint(recipe.synthesize.model, recipe.synthesize.model_options()),
            },
            inputs=("corpus", "situations"),
            prompts=INTERFERENCE.prompts,
            expected=Expected(
                2 * every * recipe.synthesize.turns * recipe.synthesize.draws,
                2 * every * recipe.synthesize.turns * recipe.synthesize.answer_tokens,
            ),
        ),
        Stage("data", partial(data, markers=markers), {"markers": markers}, ("corpus", "synthesize")),
    ]
    settings = recipe.train
    for variant in VARIANTS:
        found.append(
            Stage(
                f"train/{variant}",
                partial(train, variant=variant, settings=settings),
                options={"variant": variant, **_training(recipe, variant)},
                inputs=("data",),
                expected=Expected(steps=0 if settings.model else _steps(settings.options(), sizes["train"])),
            )
        )
    turns = sizes["test"] * SYSTEM_TURNS
    for trained, asked_with in SETUPS:
        found.append(
            Stage(
                f"respond/{setup_name(trained, asked_with)}",
                partial(respond, trained=trained, asked=asked_with, settings=recipe.respond, markers=markers),
                options={"asked": asked_with, "markers": markers, **recipe.respond.model_dump(mode="json")},
                inputs=("data", f"train/{trained}"),
                expected=Expected(turns, turns * recipe.respond.max_new_tokens),
            )
        )
    found.append(
        Stage(
            "evaluate",
            partial(evaluate, settings=recipe.evaluate, seed=recipe.seed),
            options={**recipe.evaluate.model_dump(mode="json"), "seed": recipe.seed},
            inputs=("corpus", "data", *(f"respond/{setup_name(*setup)}" for setup in SETUPS)),
        )
    )
    return found


def _corpus(recipe: InterferenceRecipe) -> Stage:
    files = recipe.corpus.files
    if files is None:
        sample = recipe.corpus.sample
        return Stage("corpus", partial(corpus.sample, settings=sample), {"sample": sample.model_dump(mode="json")})
    paths = [files.multiwoz] if isinstance(files.multiwoz, Path) else list(files.multiwoz.values())
    paths += [files.fusedchat, *([files.partition] if files.partition else [])]
    paths += [] if files.databases is None else database_files(files.databases)
    options = {"files": files.model_dump(mode="json"), "bytes": [file_hash(path) for path in paths]}
    return Stage("corpus", partial(corpus.read_files, settings=files), options)


def _sizes(recipe: InterferenceRecipe) -> dict[str, int]:
    """Dialogues per split: of a sample exactly, of files as published (or the limit)."""
    files = recipe.corpus.files
    if files is None:
        return {split: getattr(recipe.corpus.sample, split) for split in ("train", "val", "test")}
    published = {"train": 3674, "val": 476, "test": 515}
    return {split: min(size, files.limit or size) for split, size in published.items()}


def _training(recipe: InterferenceRecipe, variant: str) -> dict[str, Any]:
    """What decides a trained model: options and base weights, or the model that is given."""
    if recipe.train.model is not None:
        folder = given_model(recipe.train.model, variant)
        weights = next(folder.glob("*.safetensors"), folder / "config.json")
        return {"given": str(folder.resolve()), "bytes": file_hash(weights)}
    return {**recipe.train.model_dump(mode="json"), "weights": model_fingerprint(f"hf:{resolve(recipe.train.base)}")}


def _steps(options: SFTOptions, dialogues: int) -> int:
    return total_steps(options, dialogues * SYSTEM_TURNS)
