"""Every setting of the seed-talk experiment; `recipes/seedtalk.yaml` and `key=value` are made of these."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from duologue.corpora.worlds.splits import Split
from duologue.experiments.settings import Asking, Recipe, ReportSettings, Settings, options_of
from duologue.operators.conversation import ConversationOptions
from duologue.operators.restyle import RestyleOptions


class SampleSeeds(Settings):
    """Messages of the procedural `seeds` world."""

    n: Annotated[int, Field(ge=1)] = 60
    split: Split = "test"
    """Whose phrases and names; the embedded model has learnt from `train`."""
    seed: int = 0


class FileSeeds(Settings):
    """Messages of a file."""

    path: Path
    format: str = "seeds"
    text_column: str | None = None
    id_column: str | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    """Only the first so many."""


class SeedSettings(Settings):
    """Where messages come from: the sample, unless a file is given."""

    sample: SampleSeeds = SampleSeeds()
    file: FileSeeds | None = None


class ConversationSettings(Asking, ConversationOptions):
    """How conversations grow."""

    def options(self) -> ConversationOptions:
        """The operator's own options."""
        return options_of(ConversationOptions, self)


class RestyleSettings(Asking, RestyleOptions):
    """How they are restyled."""

    def options(self) -> RestyleOptions:
        """The operator's own options."""
        return options_of(RestyleOptions, self)


class EvaluateSettings(Settings):
    """How the conversations are judged."""

    reference: Path | None = None
    """A corpus to compare with."""
    reference_format: str = "duologue"
    test_sets: list[Path] = Field(default_factory=list)
    """Texts, one a line, that must not stand in the conversations."""
    permutations: Annotated[int, Field(ge=0)] = 100
    """How often labels are shuffled, for the chance that a figure is one."""


class SeedtalkRecipe(Recipe):
    """A resolved recipe."""

    experiment: str = "seedtalk"
    name: str = "seedtalk"
    seeds: SeedSettings = SeedSettings()
    conversation: ConversationSettings = ConversationSettings()
    restyle: RestyleSettings = RestyleSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    report: ReportSettings = ReportSettings()
