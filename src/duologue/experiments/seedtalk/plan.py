"""The seed-talk experiment as stages: seeds → conversation → restyle → evaluate → report."""

from __future__ import annotations

from functools import partial
from typing import Any

from duologue.experiments.fingerprints import asking_options, file_hash
from duologue.experiments.seedtalk.growing import conversation, restyle, seeds
from duologue.experiments.seedtalk.judging import evaluate
from duologue.experiments.seedtalk.settings import ConversationSettings, SeedtalkRecipe
from duologue.experiments.stages import Expected, Stage
from duologue.operators.conversation import CONVERSATION
from duologue.operators.restyle import RESTYLE


def stages(recipe: SeedtalkRecipe) -> list[Stage]:
    """The stages of a recipe, the report left out.

    Raises:
        InputError: a file or a model of the recipe is not there.
    """
    given = recipe.seeds.file
    chosen: Any = recipe.seeds.sample if given is None else given
    source = {"settings": chosen.model_dump(mode="json"), "bytes": file_hash(given.path) if given else ""}
    judged = recipe.evaluate
    files = [*judged.test_sets, *([judged.reference] if judged.reference else [])]
    return [
        Stage("seeds", partial(seeds, settings=recipe.seeds), source),
        Stage(
            "conversation",
            conversation(recipe.conversation, recipe.seed),
            asking_options(recipe.conversation, recipe.seed),
            inputs=("seeds",),
            prompts=CONVERSATION.prompts,
            expected=Expected() if given else _conversations(recipe.seeds.sample.n, recipe.conversation),
        ),
        Stage(
            "restyle",
            restyle(recipe.restyle, recipe.seed),
            asking_options(recipe.restyle, recipe.seed),
            inputs=("conversation",),
            prompts=RESTYLE.prompts,
            expected=Expected() if given else _restyled(recipe.seeds.sample.n, recipe),
        ),
        Stage(
            "evaluate",
            partial(evaluate, settings=judged, seed=recipe.seed),
            {**judged.model_dump(mode="json"), "bytes": [file_hash(path) for path in files], "seed": recipe.seed},
            inputs=("conversation", "restyle"),
        ),
    ]


def _conversations(count: int, settings: ConversationSettings) -> Expected:
    """At most: every draw of every answer."""
    messages = 1 if settings.mode == "whole" else 2 * settings.exchanges
    requests = count * settings.each * (messages + settings.plan) * settings.draws
    return Expected(requests, requests * settings.answer_tokens)


def _restyled(count: int, recipe: SeedtalkRecipe) -> Expected:
    messages = 1 if recipe.restyle.mode == "whole" else 2 * recipe.conversation.exchanges
    requests = count * recipe.conversation.each * messages * recipe.restyle.draws
    return Expected(requests, requests * recipe.restyle.answer_tokens)
