"""The options by which a steered prompt is made, the same for asking, training and exporting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from duologue.corpora.strategies import BY_COLLECTION, UNCONDITIONAL, Strategies, read_strategies
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.prompts.steering import Layout, SteeredPrompt, Wording, steered_prompt


class SteeringOptions(BaseModel):
    """How a model is told its strategy; the published training has the standard layout."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: Layout = "standard"
    """Where the instruction stands, and how many of the last turns are chat turns (1, 3, 5 or all)."""
    wording: Wording = "training"
    """How the instruction is worded."""
    system_role: bool = True
    """Give the instruction as a system message; without, it stands before the first chat turn."""
    collection: Literal["extended", "esconv"] = "extended"
    """The strategies there are: the fifteen extended ones, or ESConv's eight."""
    strategy_file: Path | None = Field(default=None, exclude=True)
    """YAML of your own strategies (name, description, examples), in place of a collection."""

    def known(self) -> Strategies:
        """The strategies by name.

        Raises:
            InputError: a file of one's own cannot be used.
        """
        if self.strategy_file is not None:
            return read_strategies(self.strategy_file)
        return BY_COLLECTION[self.collection]

    def prompt(
        self, history: Sequence[Turn], strategy: str, known: Strategies, situation: str | None = None
    ) -> SteeredPrompt:
        """The prompt for a reply by the strategy of this name, or `unconditional`.

        Raises:
            InputError: see `steered_prompt`.
        """
        chosen = None if strategy == UNCONDITIONAL else known[strategy]
        return steered_prompt(
            history, chosen, self.layout, self.wording, system_role=self.system_role, situation=situation
        )

    def must_know(self, name: str, known: Strategies, where: str) -> None:
        """Refuse a strategy that there is not.

        Raises:
            InputError: names those that there are.
        """
        if name != UNCONDITIONAL and name not in known:
            raise InputError(
                f"no strategy {name!r} (there are {', '.join(known)})",
                where=where,
                mend="name the right --collection, or give your own --strategy-file",
            )
