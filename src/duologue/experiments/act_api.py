"""ACT from Python by the released code's names: a trainer over the rows of `ACTDataset`.

    trainer = ACTTrainer("runs/sft", train_dataset=train, eval_dataset=validation, output_dir="runs/act")
    trainer.train()

It stands on `training.act.train_act`, as `duologue train act` does. What the released trainer got as model objects are
names here: of a classifier, of who plays the user, of where intents come from; `helper` says which model is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from duologue.dialogue import Dialogue
from duologue.errors import InputError, explain
from duologue.experiments.act_dataset import DIALOGUE
from duologue.experiments.clarify_helpers import HelperOptions
from duologue.experiments.clarify_training import States, contrasted_states, train_on_policy
from duologue.models.desk import ModelDesk
from duologue.models.opening import open_desk
from duologue.models.request import Model
from duologue.training.preference_options import ACTOptions
from duologue.training.record import Trained


class ACTTrainer:
    """Trains a policy on its own conversations."""

    def __init__(
        self,
        model: str,
        args: ACTOptions | None = None,
        *,
        train_dataset: Any,
        eval_dataset: Any = None,
        output_dir: str | Path,
        action_model: str = "rule",
        user_simulator: str = "gold",
        intent_summarization_model: str = "auto",
        helper: str | Model | Mapping[str, str] | None = None,
        sample_frequency: int = 1,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        """Train nothing yet.

        Args:
            model: what supervised fine-tuning left; see `train_dpo`.
            args: of the training.
            train_dataset: of `ACTDataset.prepare_datasets`.
            eval_dataset: the same; its conversations are played at every evaluation.
            output_dir: the folder of the result.
            action_model: the classifier (`HelperOptions.classifier`).
            user_simulator: who plays the user (`HelperOptions.user`).
            intent_summarization_model: where intents come from (`HelperOptions.intents`).
            helper: the model that is asked where one of these is a model; or role -> spec.
            sample_frequency: optimiser steps from one sampling to the next.
            metrics: how answers are compared with goals: `embedding`, `databases` of `HelperOptions`.

        Raises:
            InputError: rows without conversations, or an option that cannot be.
        """
        self._model, self._out, self._helper = model, Path(output_dir), helper
        self._args = (args or ACTOptions()).model_copy(update={"sample_every": sample_frequency})
        self._train = _states(train_dataset, "train_dataset")
        self._eval = None if eval_dataset is None else _states(eval_dataset, "eval_dataset")
        named = {"classifier": action_model, "user": user_simulator, "intents": intent_summarization_model}
        try:
            self._helpers = HelperOptions.model_validate({**named, **(metrics or {})})
        except ValidationError as error:
            raise InputError(explain(error), where="ACTTrainer", mend="mend it") from None

    def train(self) -> Trained:
        """Train, or go on, or find it done.

        Raises:
            InputError: no such model, or the folder holds another training.
        """
        return train_on_policy(
            self._train,
            self._args,
            model=self._model,
            out=self._out,
            helpers=self._helpers,
            name="train_dataset",
            desk=self._desk(),
            development=self._eval,
            development_name="eval_dataset",
        )

    def _desk(self) -> ModelDesk | None:
        roles = self._helpers.roles
        if not roles or self._helper is None:
            return None
        if isinstance(self._helper, str):
            return open_desk(dict.fromkeys(roles, self._helper), ledger=self._out / "ledger")
        if isinstance(self._helper, Mapping):
            given = {role: spec for role in roles if (spec := self._helper.get(role)) is not None}
            if lacking := ", ".join(role for role in roles if role not in given):
                raise InputError(f"no model plays the {lacking}", where="helper", mend="name one for each role")
            return open_desk(given, ledger=self._out / "ledger")
        return ModelDesk(dict.fromkeys(roles, self._helper))


def _states(rows: Any, what: str) -> States:
    """The states and pairs of prepared rows."""
    if DIALOGUE not in rows.column_names:
        raise InputError(
            f"its rows have no column `{DIALOGUE}`, so their conversations cannot go on",
            where=what,
            mend="make it with ACTDataset, or train on the pairs as they are (train_dpo)",
        )
    texts = dict.fromkeys(rows[DIALOGUE])
    return contrasted_states([msgspec.json.decode(text, type=Dialogue) for text in texts], characters=None, what=what)
