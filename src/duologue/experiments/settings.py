"""What the settings of all experiments share: a recipe's head, and who is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from duologue.models.spec import ModelOptions

Options = TypeVar("Options", bound=BaseModel)


def options_of(kind: type[Options], settings: BaseModel, **changes: Any) -> Options:
    """An operator's or a trainer's own options, out of settings that hold others as well."""
    return kind(**{name: getattr(settings, name) for name in kind.model_fields} | changes)


class Settings(BaseModel):
    """A section of a recipe: unknown settings are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(Settings):
    """The head of every recipe."""

    experiment: str
    """Which experiment it is for (`kinds.py`)."""
    name: str
    """Names the run folder."""
    description: str = ""
    scale: Literal["smoke", "full"] = "full"
    seed: int = 0
    """Seeds everything that is drawn."""


class SampleCorpus(Settings):
    """Dialogues of the procedural `tod` world, per split."""

    train: Annotated[int, Field(ge=1)] = 150
    val: Annotated[int, Field(ge=1)] = 20
    test: Annotated[int, Field(ge=1)] = 50
    seed: int = 0


class SplitFile(Settings):
    """The dialogues of one split."""

    path: Path
    skip: Annotated[int, Field(ge=0)] = 0
    """Leave out the first so many."""
    limit: Annotated[int | None, Field(ge=1)] = None
    """Then take so many."""


class SplitFiles(Settings):
    """A file for each split; what is tested must not be trained on."""

    format: str
    """Of all three."""
    train: SplitFile
    val: SplitFile
    test: SplitFile


class ReportSettings(Settings):
    """What a report shows."""

    examples: Annotated[int, Field(ge=0)] = 4
    """Dialogues."""
    rejects: Annotated[int, Field(ge=0)] = 2
    """Examples of evidence per gate."""


class Asking(Settings):
    """A model that is asked, and how it is reached or loaded."""

    model: str = "tiny"
    """Who answers: tiny, openai:NAME, hf:PATH[+ADAPTER], replay:RUN."""
    base_url: str | None = None
    """Root of an OpenAI-compatible server."""
    concurrency: Annotated[int, Field(ge=1)] = 32
    """Most requests in flight at a server."""
    device: str | None = None
    """Device of a model in process."""
    dtype: str | None = None
    """Data type of a model in process."""
    load_in: Literal[4, 8] | None = None
    """Bits per weight of a model in process."""
    max_batch: Annotated[int, Field(ge=1)] = 32
    """Most rows that a model in process decodes together."""
    steer: str | None = None
    """FILE:STRATEGY, a vector of `duologue train steering` that is added to a model in process as it answers."""
    strength: float = 1.0
    """By which that vector is multiplied; 0 leaves the model as it is."""

    def model_options(self) -> ModelOptions:
        """How the model is reached or loaded."""
        return ModelOptions(
            base_url=self.base_url,
            concurrency=self.concurrency,
            device=self.device,
            dtype=self.dtype,
            load_in=self.load_in,
            max_batch=self.max_batch,
            steer=self.steer,
            strength=self.strength,
        )
