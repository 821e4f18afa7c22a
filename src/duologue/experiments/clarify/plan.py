"""The clarify experiment as stages.

corpus → contrast (and pairs of the development conversations) → for each number of conversations and seed: sft → each
method; then play with each policy → evaluate
"""

from __future__ import annotations

from functools import partial
from statistics import mean
from typing import Any

from duologue.corpora.worlds.splits import Split
from duologue.experiments.clarify.cells import (
    DEVELOPMENT_PAIRS,
    PLAY_AS_IS,
    Cell,
    cells,
    contrasts,
    learns_from_pairs_alone,
    pairs_of,
)
from duologue.experiments.clarify.corpus import corpus
from duologue.experiments.clarify.judging import evaluate
from duologue.experiments.clarify.methods import ACTMethod, ContrastSettings, GRPOMethod, HelperSettings
from duologue.experiments.clarify.playing import contrasted, played
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.clarify.training import sft, train
from duologue.experiments.fingerprints import asking_options, file_hash, model_fingerprint
from duologue.experiments.stages import Expected, Stage
from duologue.operators.contrast import CONTRAST
from duologue.operators.simulate import SIMULATE
from duologue.training.base_model import resolve
from duologue.training.loop_options import total_steps

_STATES = 3
"""Of a conversation, about: for what can only be guessed before the conversations are there."""


def stages(recipe: ClarifyRecipe) -> list[Stage]:
    """The stages of a recipe, the report left out.

    Raises:
        InputError: a file or a model of the recipe is not there.
    """
    found = [_corpus(recipe)]
    found += [_contrast(recipe, name, settings, "train") for name, settings in contrasts(recipe).items()]
    if any(learns_from_pairs_alone(recipe, method) for method in recipe.trained):
        found.append(_contrast(recipe, DEVELOPMENT_PAIRS, recipe.contrast, "val"))
    weights = model_fingerprint(f"hf:{resolve(recipe.policy)}")
    asked = {**asking_options(recipe.play, recipe.seed), "policy": weights}
    found.append(_play(recipe, PLAY_AS_IS, None, asked))
    shared = {
        "helpers": _helping(recipe.helpers),
        "sampling": recipe.sampling.model_dump(mode="json"),
        "prompt_characters": recipe.prompt_characters,
        "weights": weights,
    }
    for cell in cells(recipe):
        found.append(_training(recipe, cell, shared))
        found.append(_play(recipe, cell.play, cell.stage, asked))
    options = {**recipe.evaluate.model_dump(mode="json"), "seed": recipe.seed}
    read = [PLAY_AS_IS, *(cell.play for cell in cells(recipe))]
    found.append(Stage("evaluate", partial(evaluate, recipe=recipe), options, inputs=tuple(read)))
    return found


def _corpus(recipe: ClarifyRecipe) -> Stage:
    files = recipe.corpus.files
    if files is None:
        options: dict[str, Any] = {"sample": recipe.corpus.sample.model_dump(mode="json")}
    else:
        named = (files.train, files.val, files.test)
        options = {"files": files.model_dump(mode="json"), "bytes": [file_hash(each.path) for each in named]}
    return Stage("corpus", partial(corpus, settings=recipe.corpus), options)


def _contrast(recipe: ClarifyRecipe, name: str, settings: ContrastSettings, split: Split) -> Stage:
    work, options = contrasted(recipe, settings, f"{split}.jsonl"), asking_options(settings, recipe.seed)
    expected = _asked(recipe, split, settings.draws, settings.answer_tokens)
    return Stage(name, work, options, ("corpus",), CONTRAST.prompts, expected)


def _training(recipe: ClarifyRecipe, cell: Cell, shared: dict[str, Any]) -> Stage:
    begun = cell.begun_with
    settings = recipe.sft if begun is None else recipe.methods[cell.method]
    options = {**shared, "settings": settings.model_dump(mode="json"), "size": cell.size, "seed": cell.seed}
    if isinstance(settings, ACTMethod | GRPOMethod):
        options["its helpers"] = _helping(settings.helpers)
    steps = total_steps(settings.options(cell.seed), round(cell.size * _examples(recipe, cell)))
    inputs = ["corpus"]
    if begun is not None:
        inputs += [name for name in (pairs_of(recipe, cell.method), begun.stage) if name is not None]
        inputs += [DEVELOPMENT_PAIRS] if learns_from_pairs_alone(recipe, cell.method) else []
    work = partial(sft if begun is None else train, cell=cell, recipe=recipe)
    return Stage(cell.stage, work, options, tuple(inputs), expected=Expected(steps=steps))


def _examples(recipe: ClarifyRecipe, cell: Cell) -> float:
    """How many a training has of a conversation, about; balanced pairs are drawn several times."""
    if cell.begun_with is None:
        return 1
    pairs = pairs_of(recipe, cell.method)
    balance = None if pairs is None else contrasts(recipe)[pairs].class_balance
    return _STATES * (1 if balance is None else mean(balance.values()))


def _helping(settings: HelperSettings) -> dict[str, Any]:
    """What decides what helpers do."""
    weights = model_fingerprint(settings.model, settings.model_options()) if settings.roles else ""
    return {**settings.model_dump(mode="json"), "weights": weights}


def _play(recipe: ClarifyRecipe, name: str, trained: str | None, options: dict[str, Any]) -> Stage:
    inputs = ("corpus", *(() if trained is None else (trained,)))
    expected = _asked(recipe, "test", recipe.play.max_turns, recipe.play.policy_tokens)
    return Stage(name, played(recipe, trained), options, inputs, SIMULATE.prompts, expected)


def _asked(recipe: ClarifyRecipe, split: Split, times: int, tokens: int) -> Expected:
    """So many requests a state, of a sample; what files hold is not known beforehand."""
    if recipe.corpus.files is not None:
        return Expected()
    requests = getattr(recipe.corpus.sample, split) * _STATES * times
    return Expected(requests, requests * tokens)
