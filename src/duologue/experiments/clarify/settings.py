"""Every setting of the clarify experiment; `recipes/clarify.yaml` and `key=value` are made of these.

The experiment (Chen et al. 2025, ACT): a policy is fine-tuned on N conversations in which the assistant asks back where
it must; each method goes on from there on the same conversations; all policies then talk with a user whom none has met.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from duologue.corpora.worlds.clarify import KINDS, Kind
from duologue.experiments.clarify.methods import ON_POLICY, ContrastSettings, HelperSettings, Method
from duologue.experiments.settings import Asking, Recipe, ReportSettings, Settings, SplitFiles, options_of
from duologue.experiments.trajectory_metrics import METRICS
from duologue.operators.simulate import SimulateOptions
from duologue.training.options import SFTOptions
from duologue.training.preference_options import SamplingOptions

_Count = Annotated[int, Field(ge=1)]
_Each = TypeVar("_Each", int, str)


class SampleConversations(Settings):
    """Conversations of the procedural `clarify` world; a table's have several states, the others one or two."""

    shares: Annotated[dict[Kind, Annotated[float, Field(gt=0)]], Field(min_length=1)] = dict.fromkeys(KINDS, 1.0)
    """Of tables, stories and databases; a kind that is not named is left out."""
    train: _Count = 250
    """The pool that N conversations are drawn from."""
    val: _Count = 24
    """Of which trainings are told how they do."""
    test: _Count = 120
    """That the policies are judged on."""
    seed: int = 0

    def counts(self, total: int) -> dict[Kind, int]:
        """So many conversations as numbers of each kind, at least one of each; what is left over goes to the first."""
        whole = sum(self.shares.values())
        found = {kind: max(1, int(total * share / whole)) for kind, share in self.shares.items()}
        for kind in [*found][: total - sum(found.values())]:
            found[kind] += 1
        return found


class FileConversations(SplitFiles):
    """Conversations of files whose system turns have actions."""

    format: str = "pacific"
    """`pacific`, `abg-coqa`, `spider`, or a chat format."""
    databases: Path | None = None
    """The folder with `database/NAME/NAME.sqlite`, where goals are queries."""


class CorpusSettings(Settings):
    """Where conversations come from: the sample, unless files are given."""

    sample: SampleConversations = SampleConversations()
    files: FileConversations | None = None


class SFTSettings(SFTOptions):
    """Supervised fine-tuning, from which everything else goes on."""

    def options(self, seed: int) -> SFTOptions:
        """The trainer's own options."""
        return options_of(SFTOptions, self, seed=seed)


class PlaySettings(Asking, SimulateOptions):
    """The conversations that are judged; `model` plays the helpers that are models', and how models are loaded."""

    user: Literal["model", "gold", "terse", "talkative"] = "talkative"
    """Who answers questions; not the user of `helpers`."""

    def options(self, databases: Path | None) -> SimulateOptions:
        """The operator's own options."""
        return options_of(SimulateOptions, self, databases=databases)


class EvaluateSettings(Settings):
    """What is told of the conversations."""

    compared: str = "act"
    """The method that every other is compared with."""


class ClarifyRecipe(Recipe):
    """A resolved recipe."""

    experiment: str = "clarify"
    name: str = "clarify"
    corpus: CorpusSettings = CorpusSettings()
    policy: str = "tiny"
    """What is trained, and asked as it is: `tiny`, `hf:PATH`."""
    prompt_characters: Annotated[int | None, Field(ge=200)] = None
    """Most characters of a prompt, of all stages; longer ones lose what the answer rests on first."""
    contrast: ContrastSettings = ContrastSettings()
    helpers: HelperSettings = HelperSettings()
    """Who helps in training, and plays the development conversations."""
    sampling: SamplingOptions = SamplingOptions()
    """How far conversations go in training, and how policies are sampled there; development ones are greedy."""
    sizes: Annotated[list[_Count], Field(min_length=1)]
    """Numbers of conversations."""
    seeds: Annotated[list[int], Field(min_length=1)]
    """Each draws the conversations, and seeds the trainings."""
    sft: SFTSettings = SFTSettings()
    train: Annotated[dict[str, Any], Field(default_factory=dict)]
    """Settings that the methods share; their own go before them."""
    methods: dict[str, Method]
    """Name -> method."""
    trained: list[str]
    """The methods that are run; the others stand ready."""
    play: PlaySettings = PlaySettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="before")
    @classmethod
    def _share(cls, settings: Any) -> Any:
        """Lay the shared settings under those of each method, and the limit of prompts under the operators'."""
        if not isinstance(settings, dict) or not isinstance(settings.get("methods"), dict):
            return settings
        laid = dict(settings)
        limit = {"prompt_characters": settings.get("prompt_characters")}
        for name in ("contrast", "play"):
            if isinstance(own := settings.get(name, {}), dict):
                laid[name] = limit | own
        laid["methods"] = {name: _method(own, laid) for name, own in settings["methods"].items()}
        laid.setdefault("trained", list(settings["methods"]))
        return laid

    @field_validator("sizes", "seeds", "trained")
    @classmethod
    def _each_once(cls, given: list[_Each]) -> list[_Each]:
        if len(set(given)) < len(given):
            raise ValueError(f"something stands there twice: {', '.join(map(str, given))}")
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> ClarifyRecipe:
        for name in self.trained:
            if name not in self.methods:
                raise ValueError(f"there is no method {name!r}: there are {', '.join(self.methods)}")
        for name in self.methods:
            if name == SFT or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"{name!r} cannot name a method: letters, digits, - and _ only, and not {SFT}")
        if self.corpus.files is None and max(self.sizes) > self.pool:
            raise ValueError(f"{max(self.sizes)} conversations of a pool of {self.pool}: ask for a larger sample.train")
        for each in (self.sft, *self.methods.values()):
            if (wanted := (each.best_metric or "loss").removeprefix("eval_")) not in ("loss", *METRICS):
                raise ValueError(f"there is no figure {wanted!r}: best_metric is loss or one of {', '.join(METRICS)}")
        if self.policy != "tiny" and not self.policy.startswith("hf:"):
            raise ValueError(f"{self.policy} cannot be trained here: policy is tiny or hf:PATH")
        if self.play.databases is not None or self.helpers.databases is not None:
            raise ValueError("databases belong to the corpus: give corpus.files.databases")
        if self.play.user == self.helpers.user != "model":
            raise ValueError(f"play.user is {self.play.user}, whom policies meet in training: name another")
        return self

    @property
    def pool(self) -> int:
        """Conversations that are drawn from, where they are sampled."""
        return sum(self.corpus.sample.counts(self.corpus.sample.train).values())


SFT = "sft"
"""The stage, and the name in tables, of supervised fine-tuning."""


def _method(own: Any, settings: dict[str, Any]) -> Any:
    """A method's settings over the shared ones."""
    if not isinstance(own, dict):
        return own
    laid = {**(settings.get("train") or {}), **own}
    for name in ("sampling", "helpers") if own.get("how") in ON_POLICY else ():
        laid[name] = {**(settings.get(name) or {}), **(own.get(name) or {})}
    if own.get("contrast") is not None:
        laid["contrast"] = {**settings["contrast"], **own["contrast"]}
    return laid
