"""What a system of the lab is, once its settings are known: how it is judged, and how it answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from functools import partial

from duologue.corpora.venues import Venues
from duologue.dialogue import Dialogue, DialoguePrediction
from duologue.experiments.decoding_sweep import System
from duologue.experiments.dev_metrics import DevSystem, chat_dev, simpletod_dev
from duologue.experiments.lab.settings import LabRecipe
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Model
from duologue.systems import simpletod
from duologue.systems.answering import Complete
from duologue.systems.chat import ChatOptions, respond_with
from duologue.systems.simpletod import SimpleTodOptions


def dev_system(recipe: LabRecipe, name: str, venues: Venues | None) -> DevSystem:
    """How a system's answers are judged, with the first decoding while it is trained."""
    decoding = next(iter(recipe.decodings.values()))
    if recipe.systems[name].view == "simpletod":
        return simpletod_dev(_simpletod_options(recipe, name, decoding))
    return chat_dev(_chat_options(recipe, name), decoding, venues)


def answering(recipe: LabRecipe, name: str, model: Model) -> System:
    """How a system answers dialogues, given its model."""
    if recipe.systems[name].view == "response":
        return partial(respond_with, model, _chat_options(recipe, name))

    def answer(
        dialogues: Iterable[Dialogue], complete: Complete, decoding: DecodingOptions
    ) -> AsyncGenerator[DialoguePrediction, None]:
        return simpletod.respond_with(model, _simpletod_options(recipe, name, decoding), dialogues, complete)

    return answer


def _chat_options(recipe: LabRecipe, name: str) -> ChatOptions:
    return ChatOptions(
        instruction=recipe.instruction,
        history=recipe.respond.history,
        max_prompt_tokens=recipe.systems[name].max_length,
        seed=recipe.seed,
    )


def _simpletod_options(recipe: LabRecipe, name: str, decoding: DecodingOptions) -> SimpleTodOptions:
    """An answer holds a state and an action beside the response, so it may be three times as long."""
    settings = recipe.systems[name]
    return SimpleTodOptions(
        history=recipe.respond.history,
        markers=settings.markers,
        max_new_tokens=3 * decoding.max_new_tokens,
        max_prompt_tokens=settings.max_length,
    )
