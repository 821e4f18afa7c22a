"""The cells of the table: which method, on how many conversations, with which seed.

[cell.stage for cell in cells(recipe)]      # ["sft/N50-s0", "dpo/N50-s0", …, "act/N100-s2"]
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from duologue.experiments.clarify.methods import ON_POLICY, ContrastSettings, GRPOMethod
from duologue.experiments.clarify.settings import SFT, ClarifyRecipe


class Policy(NamedTuple):
    """What the table has a row for: a method (`as-is` before any training) and the conversations it learns from."""

    method: str
    size: int | None

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.method if self.size is None else f"{self.method}, {self.size}"


AS_IS = Policy("as-is", None)
PLAY_AS_IS = f"play/{AS_IS.method}"


class Cell(NamedTuple):
    """A training.

    Attributes:
        method: its name in the recipe, or `sft`.
        size: conversations it learns from.
        seed: which these are, and of the training.
    """

    method: str
    size: int
    seed: int

    @property
    def policy(self) -> Policy:
        """The row of the table."""
        return Policy(self.method, self.size)

    @property
    def stage(self) -> str:
        """The stage that trains it."""
        return f"{self.method}/N{self.size}-s{self.seed}"

    @property
    def play(self) -> str:
        """The stage of its conversations."""
        return f"play/{self.method}-N{self.size}-s{self.seed}"

    @property
    def begun_with(self) -> Cell | None:
        """The fine-tuning that it goes on from; None where it is that itself."""
        return None if self.method == SFT else self._replace(method=SFT)


def cells(recipe: ClarifyRecipe) -> list[Cell]:
    """All of them; those of one number of conversations and seed together, the fine-tuning first."""
    return [
        Cell(method, size, seed) for size in recipe.sizes for seed in recipe.seeds for method in (SFT, *recipe.trained)
    ]


CONTRAST = "contrast"
"""The stage of the pairs that methods share."""
DEVELOPMENT_PAIRS = "development"
"""The stage of the pairs of the development conversations, for the loss of what learns from pairs alone."""


def pairs_of(recipe: ClarifyRecipe, method: str) -> str | None:
    """The stage of a method's pairs: the shared one, or its own; None of what learns from no pairs."""
    settings = recipe.methods[method]
    if isinstance(settings, GRPOMethod):
        return None
    return CONTRAST if settings.contrast is None else f"{CONTRAST}/{method}"


def contrasts(recipe: ClarifyRecipe) -> dict[str, ContrastSettings]:
    """The stages of pairs that the trained methods need, and how each is made."""
    found: dict[str, ContrastSettings] = {}
    for method in recipe.trained:
        stage = pairs_of(recipe, method)
        if stage is not None:
            found[stage] = getattr(recipe.methods[method], "contrast", None) or recipe.contrast
    return found


def learns_from_pairs_alone(recipe: ClarifyRecipe, method: str) -> bool:
    """Whether its loss needs development pairs; what samples the policy is told how likely the gold turns are."""
    return recipe.methods[method].how not in ON_POLICY


def drawn(conversations: Sequence[str], size: int, seed: int) -> list[str]:
    """The conversations that a seed draws from a pool, by id; fewer are the first ones of more."""
    return random.Random(f"conversations\0{seed}").sample(sorted(conversations), len(conversations))[:size]
