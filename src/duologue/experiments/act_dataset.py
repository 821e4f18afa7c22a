"""The data sets of ACT's released code, by their names and arguments: rows of nine texts, made or read.

    balance = {"CLARIFY": 2, "ANSWER": 1}
    train = ACTDataset("gs://bucket/train.jsonl", "CLARIFY", 10, "openai:NAME", class_balance=balance)
    rows = train.prepare_datasets()                       # a Dataset of transformers' `datasets`
    train, validation = get_datasets_from_config("memory://configs/demo.json")

The fields are `input_text, output_text, dialogue_policy, gold_target, gold_trajectory, chosen_policy, rejected_policy,
chosen, rejected` (google-research, learning_to_clarify). Beside them stands `dialogue`, the conversation with its
pairs, from which `ACTTrainer` takes states and chat messages: the nine texts alone cannot be carried on. Paths are
fsspec's. Another data set is another `format` (`duologue.corpora.formats`), or dialogues of your own.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from duologue.corpora import formats
from duologue.dialogue import Dialogue, open_bytes, read, read_rows
from duologue.errors import InputError, explain
from duologue.models.desk import ModelDesk
from duologue.models.opening import open_desk
from duologue.models.request import Model
from duologue.operators.clarifying.pairs import release_rows
from duologue.operators.contrast import CONTRAST, ContrastOptions
from duologue.operators.engine import run
from duologue.operators.run_folder import RunFolder

FIELDS = (
    "input_text", "output_text", "dialogue_policy", "gold_target", "gold_trajectory",
    "chosen_policy", "rejected_policy", "chosen", "rejected",
)  # fmt: skip
"""The release's, all of them texts."""
DIALOGUE = "dialogue"
"""The conversation of a row as JSON, its pairs as branches."""


class ACTDataset:
    """Conversations as preference pairs that contrast actions."""

    def __init__(
        self,
        dataset: str | Path | Iterable[Dialogue],
        target_label: str = "CLARIFY",
        icl_examples: int = 10,
        preference_model: str | Model | None = "tiny",
        class_balance: Mapping[str, int] | None = None,
        *,
        is_preference: bool = False,
        format: str = "vertex",
        out: str | Path | None = None,
        seed: int = 42,
        **options: Any,
    ) -> None:
        """Make nothing yet.

        Args:
            dataset: conversations: a path in a format, or dialogues; with `is_preference` a path to rows.
            target_label: the action whose losing turns a model writes, `CLARIFY`, `ANSWER` or `both`.
            icl_examples: turns with that action that the model is shown.
            preference_model: who writes losing turns: a spec (`tiny`, `openai:NAME`, `hf:PATH`), or a model.
            class_balance: action -> how many times its turns are drawn; others are left out.
            is_preference: the rows are pairs already, and nothing is made.
            format: of the conversations.
            out: the run folder of what is made, which can be resumed; None keeps nothing.
            seed: of all draws.
            options: further ones of `operators.contrast.ContrastOptions`.

        Raises:
            InputError: an option that cannot be.
        """
        balance = None if class_balance is None else {name.lower(): times for name, times in class_balance.items()}
        label = target_label.lower()
        try:
            self._options = ContrastOptions(
                **{"target_label": label, "icl_examples": icl_examples, "class_balance": balance, **options}
            )
        except ValidationError as error:
            raise InputError(explain(error), where="ACTDataset", mend="mend it") from None
        self._dataset, self._format, self._model = dataset, format, preference_model
        self._is_preference, self._out, self._seed = is_preference, out, seed

    def prepare_datasets(self) -> Any:
        """Make the rows, or read them.

        Returns:
            a `datasets.Dataset`.

        Raises:
            InputError: unusable conversations, or rows that lack a field.
        """
        from datasets import Dataset

        if self._is_preference:
            return Dataset.from_list(list(_read_pairs(self._dataset)))
        dialogues = self._contrasted()
        rows = []
        for dialogue in dialogues:
            text = msgspec.json.encode(dialogue).decode()
            rows += [{**row, DIALOGUE: text} for row in release_rows([dialogue])]
        if not rows:
            raise InputError("no turn gave a pair", where="ACTDataset", mend="give labelled conversations")
        return Dataset.from_list(rows)

    def _contrasted(self) -> list[Dialogue]:
        if self._out is not None:
            return self._run(Path(self._out))
        with tempfile.TemporaryDirectory() as folder:
            return self._run(Path(folder))

    def _run(self, out: Path) -> list[Dialogue]:
        with ThreadPoolExecutor(1) as thread:  # a notebook has an event loop already
            thread.submit(asyncio.run, self._ask(out)).result()
        return list(read(out / "dialogues.jsonl"))

    async def _ask(self, out: Path) -> None:
        model = "tiny" if self._model is None else self._model
        ledger = out / "ledger"
        if isinstance(model, str):
            desk = open_desk(dict.fromkeys(CONTRAST.needed(self._options), model), ledger=ledger)
        else:
            desk = ModelDesk(dict.fromkeys(CONTRAST.needed(self._options), model))
        async with desk:
            with RunFolder(out) as folder:
                outcome = await run(CONTRAST, self._dialogues(), desk, self._options, folder, seed=self._seed)
        if outcome.stopped is not None:
            raise outcome.stopped

    def _dialogues(self) -> Iterable[Dialogue]:
        if isinstance(self._dataset, str | Path):
            return formats.read(self._dataset, self._format)
        return self._dataset


def get_datasets_from_config(config: Mapping[str, Any] | str | Path, preference_model: Any = None) -> tuple[Any, Any]:
    """Training and validation rows by a configuration, the release's layout.

    Args:
        config: a mapping, or a path to one in JSON or YAML, of the sections `preference_model_config` (`model_id` or
            `model_path`), `data_config` (`train_path`, `validation_path`, `format`) and `training_config`
            (`target_label`, `icl_examples`, `class_balance`, `is_preference`, `seed`); what else is in them is not for
            data sets.
        preference_model: goes before the configured one.

    Returns:
        two `datasets.Dataset`; the second is None where there is no validation path.

    Raises:
        InputError: names the section and the field.
    """
    try:
        read = _Config.model_validate(_load(config) if isinstance(config, str | Path) else dict(config))
    except ValidationError as error:
        where = str(config) if isinstance(config, str | Path) else "config"
        raise InputError(explain(error), where=where, mend="mend it") from None
    how, place = read.training_config, read.data_config

    def rows(path: str) -> Any:
        return ACTDataset(
            path,
            how.target_label,
            how.icl_examples,
            preference_model or read.preference_model_config.spec,
            how.class_balance,
            is_preference=how.is_preference,
            format=place.format,
            seed=how.seed,
        ).prepare_datasets()

    return rows(place.train_path), None if place.validation_path is None else rows(place.validation_path)


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class _Model(_Section):
    model_id: str | None = None
    model_path: str | None = None

    @property
    def spec(self) -> str:
        """As `--model` takes it; a bare name is one on the hub."""
        if self.model_path is not None:
            return f"hf:{self.model_path}"
        if self.model_id is None or self.model_id == "tiny" or ":" in self.model_id:
            return self.model_id or "tiny"
        return f"hf:{self.model_id}"


class _Data(_Section):
    train_path: str
    validation_path: str | None = None
    format: str = "vertex"


class _Training(_Section):
    target_label: str = "CLARIFY"
    icl_examples: int = 10
    class_balance: dict[str, int] | None = None
    is_preference: bool = False
    seed: int = 42


class _Config(_Section):
    preference_model_config: _Model = _Model()
    data_config: _Data
    training_config: _Training = _Training()


def _load(path: str | Path) -> dict[str, Any]:
    with open_bytes(path) as file:
        try:
            found = yaml.safe_load(file.read())  # JSON is YAML
        except yaml.YAMLError as error:
            raise InputError(f"not JSON or YAML ({error})", where=str(path), mend="mend it") from None
    if not isinstance(found, dict):
        raise InputError("expected a mapping", where=str(path), mend="give sections such as data_config")
    return found


def _read_pairs(path: Any) -> Iterable[dict[str, Any]]:
    if not isinstance(path, str | Path):
        raise InputError("pairs come from a file", where="ACTDataset", mend="give its path")
    for number, row in enumerate(read_rows(path, dict[str, Any]), 1):
        lacking = [name for name in FIELDS if not isinstance(row.get(name), str)]
        if lacking:
            raise InputError(f"it lacks {', '.join(lacking)}", where=f"{path}, row {number}", mend="mend the row")
        yield row
