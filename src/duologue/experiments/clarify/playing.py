"""Stages of pairs to learn from (`contrast`, `contrast/METHOD`, `development`), and of what is judged (`play/…`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duologue.dialogue import read
from duologue.experiments.clarify.corpus import TEST, databases_of
from duologue.experiments.clarify.methods import ContrastSettings
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.operating import Operating
from duologue.operators.clarifying.rollouts import POLICY
from duologue.operators.contrast import CONTRAST
from duologue.operators.rehearsal import Part
from duologue.operators.simulate import SIMULATE


def contrasted(recipe: ClarifyRecipe, settings: ContrastSettings, conversations: str) -> Operating:
    """Write losing turns for the whole pool, or for all development conversations, once for all trainings.

    Args:
        recipe: the recipe.
        settings: how, and who writes.
        conversations: the corpus's file.
    """

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [Part("", read(inputs["corpus"] / conversations), settings.options())]

    return Operating(CONTRAST, settings, parts, recipe.seed)


def played(recipe: ClarifyRecipe, trained: str | None) -> Operating:
    """Let a policy carry every test state to its answer, with helpers whom it did not meet in training.

    Args:
        recipe: the recipe.
        trained: the stage that trained the policy; None asks it as it is.
    """

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        options = recipe.play.options(databases_of(recipe.corpus, inputs["corpus"]))
        return [Part("", read(inputs["corpus"] / TEST), options)]

    return Operating(SIMULATE, recipe.play, parts, recipe.seed, trained=trained, others={POLICY: recipe.policy})
