"""The conditions that are compared: who is asked, and in which layout.

[each.name for each in conditions(recipe)]      # ["standard", "c1_hf", "standard, tuned"]
"""

from __future__ import annotations

from typing import NamedTuple

from duologue.experiments.steering.settings import SteeringRecipe
from duologue.prompts.steering import Layout

TRAIN = "train"
"""The stage that trains, and the folder of its model."""


class Condition(NamedTuple):
    """Who is asked in which layout.

    Attributes:
        layout: where the instruction stands.
        tuned: asked is the trained model, not the model as it is.
    """

    layout: Layout
    tuned: bool

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.layout}, tuned" if self.tuned else self.layout

    @property
    def stage(self) -> str:
        """What its stages are called, after `continue/` and `attend/`."""
        return f"tuned-{self.layout}" if self.tuned else self.layout


def conditions(recipe: SteeringRecipe) -> list[Condition]:
    """The layouts of the model as it is, then those of the trained one."""
    tuned = [] if recipe.train is None else recipe.tuned
    return [*(Condition(layout, False) for layout in recipe.layouts), *(Condition(layout, True) for layout in tuned)]
