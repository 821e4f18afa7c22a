"""Every setting of the lab; `recipes/lab.yaml` and `key=value` are made of these.

The experiment: read or sample a corpus, train systems on it (or leave a model as it is), let them answer the test
dialogues, some of them with every decoding, and judge all answers alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from duologue.experiments.settings import Recipe, SampleCorpus, Settings, SplitFiles, options_of
from duologue.models.generation.options import DecodingOptions
from duologue.training.options import SFTOptions

SMALL_T5 = "small-t5"
"""A base that is made for the occasion: a T5 of random weights with the embedded model's tokenizer."""


class FilesCorpus(SplitFiles):
    """Dialogues of any format."""

    format: str = "multiwoz21"
    databases: Path | None = None
    """Folder of `hotel_db.json` and the others: for inform and success, which are left out without it."""


class CorpusSettings(Settings):
    """Where dialogues come from: the procedural world `tod`, unless files are given."""

    sample: SampleCorpus = SampleCorpus()
    files: FilesCorpus | None = None


class SystemSettings(SFTOptions):
    """A system: a model, trained or as it is."""

    base: str = "tiny"
    """`tiny`, `hf:PATH`, or `small-t5` (random weights, the embedded model's tokenizer)."""
    view: Literal["response", "simpletod"] = "response"
    """What it says: the response in words, or belief state, action and delexicalised response."""
    trained: bool = True
    """No: it is asked as it is."""

    def options(self) -> SFTOptions:
        """The trainer's own options."""
        return options_of(SFTOptions, self)


class EvaluateSettings(Settings):
    """Evaluation while systems are trained, and of the answers at the end."""

    dialogues: Annotated[int, Field(ge=0)] = 8
    """The first so many validation dialogues are answered at each evaluation of a training; 0: the loss only."""
    differ_from: str | None = None
    """A system with whose first decoding the others are compared, by paired bootstrap."""


class RespondSettings(Settings):
    """How the systems answer the test dialogues."""

    history: Literal["gold", "generated"] = "gold"
    """What earlier system turns say: the reference, or what the system answered itself."""
    dtype: str | None = "float32"
    """Data type of the weights."""
    device: str | None = None
    """Device of the weights."""
    max_batch: Annotated[int | None, Field(ge=1)] = None
    """Most turns that are answered together."""


class LabReportSettings(Settings):
    """What the report shows."""

    examples: Annotated[int, Field(ge=0)] = 3
    """Test dialogues with every system's answers."""


class LabRecipe(Recipe):
    """A resolved recipe."""

    experiment: str = "lab"
    name: str = "lab"
    corpus: CorpusSettings = CorpusSettings()
    instruction: str | None = None
    """Stands before the history, in training and in asking (view `response`)."""
    train: Annotated[dict[str, Any], Field(default_factory=dict)]
    """Settings that all trained systems share; their own go before them."""
    systems: Annotated[dict[str, SystemSettings], Field(min_length=1)]
    """Name -> system."""
    decodings: Annotated[dict[str, DecodingOptions], Field(min_length=1)]
    """Name -> decoding; every system answers with the first one."""
    decoded: Annotated[list[str], Field(default_factory=list)]
    """Systems (of the view `response`) that answer with all decodings."""
    respond: RespondSettings = RespondSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    report: LabReportSettings = LabReportSettings()

    @model_validator(mode="before")
    @classmethod
    def _share(cls, settings: Any) -> Any:
        """Lay each system's settings over the shared ones; all take the recipe's seed unless they name their own."""
        if not isinstance(settings, dict) or not isinstance(settings.get("systems"), dict):
            return settings
        shared = {"seed": settings.get("seed", 0), **(settings.get("train") or {})}
        systems = {
            name: {**shared, **(own or {})} if isinstance(own, dict | None) else own
            for name, own in settings["systems"].items()
        }
        return {**settings, "systems": systems}

    @field_validator("decodings", mode="before")
    @classmethod
    def _empty_is_greedy(cls, given: Any) -> Any:
        return {name: {} if own is None else own for name, own in given.items()} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _fits_together(self) -> LabRecipe:
        for name in [*self.decoded, *([self.evaluate.differ_from] if self.evaluate.differ_from else [])]:
            if name not in self.systems:
                raise ValueError(f"there is no system {name!r}")
        for name in self.decoded:
            if self.systems[name].view != "response":
                raise ValueError(f"{name!r} is decoded greedily: its belief states are no matter of taste")
        for name in [*self.systems, *self.decodings]:
            if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
                raise ValueError(f"{name!r} becomes a folder's name: letters, digits, and . _ - only")
        return self

    def decodings_of(self, system: str) -> dict[str, DecodingOptions]:
        """With what a system answers."""
        if system in self.decoded:
            return self.decodings
        first = next(iter(self.decodings))
        return {first: self.decodings[first]}
