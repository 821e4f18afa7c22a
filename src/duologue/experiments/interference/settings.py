"""Every setting of the interference experiment; `recipes/interference.yaml` and `key=value` are made of these.

The experiment: sample or read a corpus, tell the situations behind its chat, put backstory and reaction into the
dialogues, train SimpleToD on three renderings of the same dialogues, let the systems answer in four setups, judge the
claim (spec/tod.md §2).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from duologue.evaluation.dst import Definition
from duologue.experiments.settings import Asking, Recipe, ReportSettings, SampleCorpus, Settings, options_of
from duologue.operators.interference import InterferenceOptions
from duologue.operators.situation import SituationOptions
from duologue.training.options import SFTOptions
from duologue.views.simpletod import Variant

Split: TypeAlias = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
VARIANTS: tuple[Variant, ...] = ("simpletod", "fusedchat", "interference")
SETUPS: tuple[tuple[Variant, Variant], ...] = (
    ("simpletod", "simpletod"),
    ("simpletod", "interference"),
    ("fusedchat", "interference"),
    ("interference", "interference"),
)
"""What is trained on -> what is answered (spec/tod.md §2.7); the first is the reference."""


class FilesCorpus(Settings):
    """Real data: MultiWOZ, FusedChat's prepended dialogues, and situations where they are given."""

    format: str = "multiwoz21"
    """Format of the MultiWOZ files."""
    multiwoz: Path | dict[Split, Path]
    """One file of all splits (told apart by `partition`), or a file for each."""
    fusedchat: Path
    """`fusedchat_prepended.json`."""
    partition: Path | None = None
    """`partition_dictionary_id_to_partition.json`."""
    situations: Annotated[dict[Split, Path], Field(default_factory=dict)]
    """Situations files; a split without one is asked for."""
    databases: Path | None = None
    """Folder of `hotel_db.json` and the others: for inform and success, which are left out without it."""
    limit: Annotated[int | None, Field(ge=1)] = None
    """Only the first so many dialogues of each split."""

    @model_validator(mode="after")
    def _splits_are_known(self) -> FilesCorpus:
        if isinstance(self.multiwoz, Path) and self.partition is None:
            raise ValueError("one MultiWOZ file of all splits needs partition")
        return self


class CorpusSettings(Settings):
    """Where dialogues come from: the sample, unless files are given."""

    sample: SampleCorpus = SampleCorpus()
    files: FilesCorpus | None = None


class SituationSettings(Asking, SituationOptions):
    """How the situations behind the chat are told."""

    def options(self) -> SituationOptions:
        """The operator's own options."""
        return options_of(SituationOptions, self)


class SynthesizeSettings(Asking, InterferenceOptions):
    """How backstories and reactions are made."""

    def options(self, situations: Path) -> InterferenceOptions:
        """The operator's own options, with the situations of one split."""
        return options_of(InterferenceOptions, self, situations=self.situations or situations)


class TrainSettings(SFTOptions):
    """How the three systems are trained."""

    base: str = "tiny"
    """The model that is fine-tuned."""
    model: Path | None = None
    """Trained models to use instead of training: a folder with `simpletod`, `fusedchat` and `interference` in it, e.g.
    another run's `stages/train`, or the folder of one model for all three."""

    def options(self) -> SFTOptions:
        """The trainer's own options."""
        return options_of(SFTOptions, self)


class RespondSettings(Settings):
    """How the trained systems answer the test dialogues."""

    history: Literal["gold", "generated"] = "gold"
    """What earlier system turns say: the reference (published), or what the system answered itself."""
    max_new_tokens: Annotated[int, Field(ge=1)] = 200
    """Most tokens of one answer."""
    dtype: str | None = None
    """Data type of the weights."""
    device: str | None = None
    """Device of the weights."""
    load_in: Literal[4, 8] | None = None
    """Bits per weight."""
    max_batch: Annotated[int, Field(ge=1)] = 32
    """Most turns that are answered together."""


class EvaluateSettings(Settings):
    """How the answers are judged."""

    definition: Definition = "standard"
    """When a belief state is right."""
    margin: Annotated[float, Field(gt=0)] = 5.0
    """Points of joint goal accuracy within which task performance counts as kept."""
    floor: Annotated[float, Field(ge=0)] = 10.0
    """Joint goal accuracy below which the reference system has not learnt the task, so the claim cannot be judged."""
    least: Annotated[int, Field(ge=2)] = 10
    """Test dialogues below which intervals say nothing, so the claim cannot be judged."""


class InterferenceRecipe(Recipe):
    """A resolved recipe."""

    experiment: str = "interference"
    name: str = "interference"
    corpus: CorpusSettings = CorpusSettings()
    situations: SituationSettings = SituationSettings()
    synthesize: SynthesizeSettings = SynthesizeSettings()
    train: TrainSettings = TrainSettings()
    respond: RespondSettings = RespondSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="before")
    @classmethod
    def _one_seed(cls, settings: Any) -> Any:
        """The training takes the recipe's seed unless it names its own."""
        if not isinstance(settings, dict) or not isinstance(settings.get("train", {}), dict):
            return settings
        return {**settings, "train": {"seed": settings.get("seed", 0), **settings.get("train", {})}}
