"""Every setting of the steering experiment; `recipes/steering.yaml` and `key=value` are made of these.

The experiment (Madani and Srihari 2024): a model continues support conversations by a strategy that it is told, in
several layouts; a classifier says whether the reply follows it, and SRA how much attention it got. The same model is
then trained on replies that it wrote in a layout that works, and asked again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from duologue.evaluation.steering.sra import Mode
from duologue.experiments.settings import Asking, Recipe, ReportSettings, Settings, options_of
from duologue.operators.continuation import ContinuationOptions
from duologue.prompts.steering import LAYOUTS, Layout, Wording
from duologue.prompts.steering_options import SteeringOptions
from duologue.training.classifier_options import ClassifierOptions
from duologue.training.options import SFTOptions

_Count = Annotated[int, Field(ge=1)]


class SampleConversations(Settings):
    """Conversations of the procedural `support` world."""

    train: _Count = 60
    """That the taught replies continue, in phrases of the split `train`."""
    classifier: Annotated[int, Field(ge=2)] = 120
    """That the classifier learns from, in phrases of the splits `val` and `test`; every strategy at points of each."""
    test: _Count = 30
    """That are continued and judged, in phrases of the split `test`."""
    seed: int = 0


class FileConversations(Settings):
    """Conversations of a file, split by conversation."""

    path: Path
    format: str = "esconv"
    test: int | float = 0.1
    """Conversations that are continued and judged: a count, or a share under 1."""
    seed: int = 0


class CorpusSettings(Settings):
    """Where conversations come from: the sample, unless a file is given."""

    sample: SampleConversations = SampleConversations()
    file: FileConversations | None = None


class TaughtSettings(Asking, ContinuationOptions):
    """The replies to learn from: continuations of training conversations in one layout."""

    def options(self) -> ContinuationOptions:
        """The operator's own options."""
        return options_of(ContinuationOptions, self)


class ContinuationSettings(Asking, ContinuationOptions):
    """How the test conversations are continued, in each of the recipe's layouts."""

    wording: Wording = "training"
    """How the instruction is worded."""

    @model_validator(mode="after")
    def _has_no_layout_of_its_own(self) -> ContinuationSettings:
        if "layout" in self.model_fields_set:
            raise ValueError("name layouts in the recipe's `layouts`, and in `tuned` those of the trained model")
        return self

    def options(self, layout: Layout) -> ContinuationOptions:
        """The operator's own options for a layout."""
        return options_of(ContinuationOptions, self, layout=layout)


class ClassifierSettings(ClassifierOptions):
    """The classifier that says which strategy a reply follows."""

    path: str | None = None
    """A trained one: a folder; nothing is trained then."""
    base: str = "tiny"
    """Whose weights it begins with: `tiny`, `hf:PATH`."""
    learn_from: Literal["gold", "taught"] = "gold"
    """The corpus's own replies, or those that a model was told to write (as published: weak labels)."""

    def options(self) -> ClassifierOptions:
        """The trainer's own options."""
        return options_of(ClassifierOptions, self)


class AttendSettings(Settings):
    """How attention is measured."""

    model: str | None = None
    """Whose attention: `tiny`, `hf:PATH`; by default that of who wrote the replies, which a server does not tell."""
    dtype: str | None = "float32"
    """Data type of the weights."""
    device: str | None = None
    """Device of the weights."""
    batch: _Count = 4
    """Replies in one pass."""
    maps: bool = False
    """Keep the tensors as well."""


class TrainSettings(SFTOptions, SteeringOptions):
    """The adapter, and the prompts it learns with."""

    base: str | None = None
    """What is trained; by default who is asked in `continuation`."""
    dev_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the conversations that only the validation loss sees."""

    def options(self) -> SFTOptions:
        """The trainer's own options."""
        return options_of(SFTOptions, self)

    def steering(self) -> SteeringOptions:
        """How its prompts are made."""
        return options_of(SteeringOptions, self)


class EvaluateSettings(Settings):
    """What is told of the attention."""

    part: str = "strategy_name"
    """The part of the prompt whose SRA it is: `strategy_name`, `strategy_description`, `instruction`, …"""
    mode: Mode = "response_mean"
    """Over all tokens of the reply, or its first one, as the published table was computed."""


class SteeringRecipe(Recipe):
    """A resolved recipe."""

    experiment: str = "steering"
    name: str = "steering"
    corpus: CorpusSettings = CorpusSettings()
    steering: Annotated[dict[str, Any], Field(default_factory=dict)]
    """Settings that `taught`, `continuation` and `train` share (`collection`, `system_role`, `strategy_file`)."""
    taught: TaughtSettings = TaughtSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    layouts: Annotated[list[Layout], Field(min_length=1, default_factory=lambda: list(LAYOUTS))]
    """In which the model is asked as it is."""
    continuation: ContinuationSettings = ContinuationSettings()
    attend: AttendSettings | None = AttendSettings()
    """Null leaves attention out."""
    train: TrainSettings | None = None
    """Null leaves fine-tuning out."""
    tuned: Annotated[list[Layout], Field(min_length=1, default_factory=lambda: ["standard"])]
    """Layouts in which the trained model is asked."""
    evaluate: EvaluateSettings = EvaluateSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="before")
    @classmethod
    def _share(cls, settings: Any) -> Any:
        """Lay the shared settings under those of the sections; the trainers take the recipe's seed."""
        if not isinstance(settings, dict) or not isinstance(settings.get("steering") or {}, dict):
            return settings
        shared, seed = settings.get("steering") or {}, settings.get("seed", 0)
        under: dict[str, dict[str, Any]] = {
            "taught": shared,
            "continuation": shared,
            "train": {"seed": seed, **shared},
            "classifier": {"seed": seed},
        }
        laid = dict(settings)
        for name, below in under.items():
            own = settings.get(name, None if name == "train" else {})
            if isinstance(own, dict):
                laid[name] = {**below, **own}
        return laid

    @field_validator("layouts", "tuned")
    @classmethod
    def _each_once(cls, layouts: list[Layout]) -> list[Layout]:
        if len(set(layouts)) < len(layouts):
            raise ValueError("a layout stands there twice")
        return layouts

    @model_validator(mode="after")
    def _fits_together(self) -> SteeringRecipe:
        asked = self.continuation.model
        if self.train is not None and not _in_process(base := self.train.base or asked):
            raise ValueError(f"{base} cannot be trained here: name train.base (tiny, hf:PATH), or set train to null")
        if self.attend is not None and not _in_process(read := self.attend.model or asked):
            raise ValueError(f"{read} gives no attention: name attend.model (tiny, hf:PATH), or set attend to null")
        return self


def _in_process(spec: str) -> bool:
    return spec == "tiny" or spec.startswith("hf:")
