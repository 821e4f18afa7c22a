"""The methods that are compared: name -> how it trains, and every option of that training.

Methods:
      act: {how: act, learning_rate: 2.0e-4}
      act-no-simulation: {how: act, pairs: {simulated: false}, helpers: {user: none}}

An ablation is a further entry. All of them begin with what supervised fine-tuning left.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from duologue.experiments.clarify_helpers import HelperOptions
from duologue.experiments.settings import Asking, options_of
from duologue.operators.contrast import ContrastOptions
from duologue.training.preference_options import ACTOptions, DPOOptions, GRPOOptions, IRPOOptions


class HelperSettings(Asking, HelperOptions):
    """Who names actions, plays the user and compares answers; `model` plays the roles that are a model's."""

    def options(self) -> HelperOptions:
        """Who helps."""
        return options_of(HelperOptions, self)


class ContrastSettings(Asking, ContrastOptions):
    """The preference pairs; `model` writes the losing turns."""

    def options(self) -> ContrastOptions:
        """The operator's own options."""
        return options_of(ContrastOptions, self)


class DPOMethod(DPOOptions):
    """The pairs as they are."""

    how: Literal["dpo"]
    contrast: ContrastSettings | None = None
    """Laid over the recipe's `contrast`, where it has pairs of its own."""

    def options(self, seed: int) -> DPOOptions:
        """The trainer's own options."""
        return options_of(DPOOptions, self, seed=seed)


class IRPOMethod(IRPOOptions):
    """The same with the likelihood of what is chosen."""

    how: Literal["irpo"]
    contrast: ContrastSettings | None = None
    """Laid over the recipe's `contrast`, where it has pairs of its own."""

    def options(self, seed: int) -> IRPOOptions:
        """The trainer's own options."""
        return options_of(IRPOOptions, self, seed=seed)


class ACTMethod(ACTOptions):
    """Pairs that the policy's own conversations change."""

    how: Literal["act"]
    contrast: ContrastSettings | None = None
    """Laid over the recipe's `contrast`, where it has pairs of its own."""
    helpers: HelperSettings = HelperSettings()
    """Who helps in training, laid over the recipe's `helpers`."""

    def options(self, seed: int) -> ACTOptions:
        """The trainer's own options."""
        return options_of(ACTOptions, self, seed=seed)


class GRPOMethod(GRPOOptions):
    """Groups of the same conversations."""

    how: Literal["grpo"]
    helpers: HelperSettings = HelperSettings()
    """Who helps in training, laid over the recipe's `helpers`."""

    def options(self, seed: int) -> GRPOOptions:
        """The trainer's own options."""
        return options_of(GRPOOptions, self, seed=seed)


Method: TypeAlias = Annotated[DPOMethod | IRPOMethod | ACTMethod | GRPOMethod, Field(discriminator="how")]
ON_POLICY = ("act", "grpo")
"""What samples the policy, by `how`: these have helpers and `sampling`."""
