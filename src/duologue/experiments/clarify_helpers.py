"""Who helps a policy in training: the same classifiers, simulated users and measures that `synthesize simulate` has.

    with OwnLoop() as loop, open_desk(...) as desk: helpers = helpers_of(HelperOptions(user="model"), desk, seed=0)

Without a model (`classifier="rule"`, `user="gold"`) there is no desk, and nothing is asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from duologue.corpora.spider_databases import SpiderDatabases
from duologue.errors import InputError
from duologue.experiments.clarify_rollouts import Helpers
from duologue.measures.embeddings import MINILM
from duologue.measures.goal_score import Heuristics
from duologue.models.desk import ModelDesk
from duologue.operators.clarifying.classifiers import CLASSIFIER, classifier_of
from duologue.operators.clarifying.intents import INTENT, Intents, Source
from duologue.operators.clarifying.users import USER, Manner, check_manner
from duologue.operators.simulate import SimulateOptions, helper_roles, user_of
from duologue.prompts.ask import Ask, ModelAsk

ROLES = (CLASSIFIER, USER, INTENT)


class HelperOptions(BaseModel):
    """Who names actions, plays the user, and compares answers with goals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classifier: str = "rule"
    """`rule`, `random`, `model`, `probabilities`, a trained classifier's folder; several joined by commas vote."""
    user: Literal["model", "gold", "terse", "talkative", "none"] = "gold"
    """Who answers questions: a model that knows what is meant, the gold replies, one of the two users of the sample
    world; `none` ends a conversation with its first reply (the ablation without simulation)."""
    manner: Manner = "helpful"
    """How a model answers them."""
    intents: Source = "auto"
    """What the user means: the corpus's `rewrite`, the gold `reply`, a model's `summary`, or what there is (`auto`)."""
    embedding: str = MINILM
    """Of goals compared by meaning: `minilm`, or a sentence-transformers model."""
    answer_tokens: int = Field(default=64, ge=1)
    """Most tokens in one message of the user."""
    databases: Path | None = Field(default=None, exclude=True)
    """The folder with `database/NAME/NAME.sqlite`, where goals are queries."""

    @model_validator(mode="after")
    def _mannered(self) -> HelperOptions:
        check_manner(self.user, self.manner)
        return self

    @property
    def roles(self) -> list[str]:
        """The roles that a model plays."""
        return list(helper_roles(self.classifier, self.user, self.intents))

    def __str__(self) -> str:
        how = f", {self.manner}" if self.user == "model" else ""
        return f"classifier {self.classifier}, user {self.user}{how}, intents {self.intents}, {self.embedding}"


def helpers_of(options: HelperOptions, desk: ModelDesk | None, *, seed: int) -> Helpers:
    """The helpers.

    Args:
        options: who they are.
        desk: where those that are models are asked.
        seed: of what is sampled from them.

    Raises:
        InputError: there is no such classifier, or a model is to help and there is no desk.
    """
    if options.roles and desk is None:
        named = " and ".join(options.roles)
        raise InputError(f"no model plays the {named}", where="--helper", mend="add --helper SPEC or ROLE=SPEC")

    def ask_for(state: str) -> Ask:
        assert desk is not None
        return ModelAsk(desk, seed=seed)

    own = options.model_dump(include={"manner", "intents", "answer_tokens"})
    user = None
    if options.user != "none":
        user = user_of(ask_for, Intents(options.intents, ask_for), SimulateOptions(**own, user=options.user))
    databases = None if options.databases is None else SpiderDatabases(options.databases)
    heuristics = Heuristics(databases, embedding=options.embedding)
    return Helpers(classifier_of(options.classifier, ask_for), user, heuristics.score)
