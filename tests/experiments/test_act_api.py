"""ACT from Python, by the documented names and arguments; configurations and data anywhere fsspec reaches."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import fsspec
import pytest
from clarify_talk import TOWNS
from random_llama import make_random_llama

from duologue.act import ACTDataset, ACTTrainer, get_datasets_from_config
from duologue.errors import InputError
from duologue.experiments.act_dataset import FIELDS
from duologue.models.request import Choice, Reply, Request
from duologue.training.base_model import load_base
from duologue.training.options import LoRA
from duologue.training.preference_data import preference_rows
from duologue.training.preference_options import ACTOptions, SamplingOptions


class Generator:
    """A model that asks when it is told to ask, and guesses otherwise."""

    name = fingerprint = "generator"

    async def complete(self, request: Request) -> Reply:
        told = request.prompt if isinstance(request.prompt, str) else request.prompt[0].content
        return Reply(
            (Choice("Which figure do you want?" if "do not answer it in your next turn" in told else "7 million"),)
        )

    async def ready(self) -> int:
        return 8

    async def close(self) -> None:
        pass


def chat(number: int) -> dict[str, Any]:
    """A line of the released format."""
    town = TOWNS[number % 4]
    return {
        "messages": [
            {"role": "system", "content": f"[context]\nSales of {town}, 2018: {number} million, 2019: 9 million."},
            {"role": "user", "content": f"Sales in {town}?", "requires_clarification": True},
            {"role": "model", "content": "Which year do you mean?"},
            {"role": "user", "content": "2019", "requires_clarification": False},
            {"role": "model", "content": "9 million"},
        ],
        "goal_type": "drop",
    }


@pytest.fixture
def memory() -> str:
    with fsspec.open("memory://act/train.jsonl", "w") as file:
        file.write("".join(json.dumps(chat(number)) + "\n" for number in range(4)))
    return "memory://act/train.jsonl"


def test_conversations_become_rows_of_nine_texts(memory: str) -> None:
    rows = ACTDataset(memory, "CLARIFY", 1, Generator(), class_balance={"CLARIFY": 2, "ANSWER": 1}).prepare_datasets()
    assert set(FIELDS) <= set(rows.column_names)
    assert all(isinstance(row[name], str) for row in rows for name in FIELDS)
    assert Counter(rows["dialogue_policy"]) == {"CLARIFY": 8, "ANSWER": 4}
    answer = next(row for row in rows if row["dialogue_policy"] == "ANSWER")
    assert (answer["chosen"], answer["rejected"]) == ("Assistant: 9 million", "Assistant: Which figure do you want?")
    assert answer["rejected_policy"] == "CLARIFY"
    question = next(row for row in rows if row["dialogue_policy"] == "CLARIFY")
    assert question["gold_target"] == "9 million"
    assert "9 million" not in question["input_text"].split("2019: 9 million.")[1]


def test_actions_can_be_predicted_instead_of_gold(memory: str) -> None:
    lines = [chat(number) for number in range(2)]
    for line in lines:
        line["messages"][2]["content"] = "Tell me the year."  # which asks, but the rule sees no question
    with fsspec.open("memory://act/stated.jsonl", "w") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))
    for actions, expected in (("gold", {"CLARIFY": 2, "ANSWER": 2}), ("predicted", {"ANSWER": 4})):
        made = ACTDataset("memory://act/stated.jsonl", "both", 0, Generator(), actions=actions).prepare_datasets()
        assert Counter(made["dialogue_policy"]) == expected


def test_a_configuration_names_both_files(memory: str) -> None:
    config = {
        "preference_model_config": {"model_id": "tiny"},
        "data_config": {"train_path": memory, "validation_path": memory, "truncation_side": "left"},
        "training_config": {"target_label": "CLARIFY", "icl_examples": 0, "is_preference": "False", "beta": 0.05},
    }
    with fsspec.open("memory://act/config.json", "w") as file:
        json.dump(config, file)
    for given in (config, "memory://act/config.json"):
        train, validation = get_datasets_from_config(given, Generator())
        assert len(train) == len(validation) == 8
    del config["data_config"]["validation_path"]
    assert get_datasets_from_config(config, Generator())[1] is None
    with pytest.raises(InputError, match="data_config"):
        get_datasets_from_config({"training_config": {}})
    with pytest.raises(InputError, match="class_balance"):
        ACTDataset(memory, class_balance={"SING": 1})


def test_rows_that_are_pairs_already_are_read_as_they_are() -> None:
    with fsspec.open("memory://act/pairs.jsonl", "w") as file:
        file.write(json.dumps(dict.fromkeys(FIELDS, "x")) + "\n")
    rows = ACTDataset("memory://act/pairs.jsonl", is_preference=True).prepare_datasets()
    assert rows.to_list() == [dict.fromkeys(FIELDS, "x")]
    with pytest.raises(InputError, match="no column `dialogue`"):
        ACTTrainer("tiny", train_dataset=rows, output_dir="nowhere")
    with fsspec.open("memory://act/pairs.jsonl", "w") as file:
        file.write('{"input_text": "x"}\n')
    with pytest.raises(InputError, match="row 1: it lacks output_text, dialogue_policy"):
        ACTDataset("memory://act/pairs.jsonl", is_preference=True).prepare_datasets()


def test_rows_of_nine_texts_can_be_trained_on_as_they_are(memory: str, tmp_path: Path) -> None:
    """Their prompt is `input_text`, not what both sides begin with (`Assistant:`)."""
    rows = ACTDataset(memory, "CLARIFY", 0, Generator()).prepare_datasets()
    rows.to_json("memory://act/nine.jsonl")
    tokenizer = load_base(str(make_random_llama(tmp_path / "llama"))).tokenizer
    for row, pair in zip(rows, preference_rows("memory://act/nine.jsonl")(tokenizer, 1024), strict=True):
        begin = pair.chosen.trained.index(True)
        assert tokenizer.decode(pair.chosen.ids[:begin]) == row["input_text"] + "\n"
        assert tokenizer.decode(pair.rejected.ids[begin:]).removesuffix(tokenizer.eos_token) == row["rejected"]


def test_each_helper_that_is_a_model_is_named(memory: str, tmp_path: Path) -> None:
    rows = ACTDataset(memory, "CLARIFY", 0, Generator()).prepare_datasets()
    trainer = ACTTrainer(
        "tiny",
        train_dataset=rows,
        output_dir=tmp_path,
        action_model="model",
        user_simulator="model",
        helper={"classifier": "tiny"},
    )
    with pytest.raises(InputError, match="no model plays the user"):
        trainer.train()


def test_the_trainer_trains_on_them(memory: str, tmp_path: Path) -> None:
    llama = make_random_llama(tmp_path / "llama", context=1024, spread=0.02)
    rows = ACTDataset(memory, "CLARIFY", 0, Generator()).prepare_datasets()
    sampling = SamplingOptions(max_new_tokens=6, max_turns=2)
    args = ACTOptions(max_steps=2, batch_size=4, eval_steps=2, lora=LoRA(r=2), sampling=sampling, precision="fp32")
    trainer = ACTTrainer(
        str(llama), args, train_dataset=rows, eval_dataset=rows, output_dir=tmp_path / "act", sample_frequency=1
    )
    done = trainer.train()
    assert (done.steps, done.record["examples"]) == (2, 8)
    assert (tmp_path / "act" / "rollouts.jsonl").exists()
    with pytest.raises(InputError, match="no column `dialogue`"):
        ACTTrainer(str(llama), train_dataset=rows.remove_columns("dialogue"), output_dir=tmp_path / "b")
