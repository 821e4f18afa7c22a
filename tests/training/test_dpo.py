"""`train dpo` and `train irpo`: losses as the papers write them, references, resuming, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import duologue
from safetensors.torch import load_file
from toy_pairs import dpo_options, log_probability, said, toy_pairs
from toy_task import TOKENS, encode, options

from duologue.dialogue import write_rows
from duologue.errors import InputError
from duologue.training.adapter import load_adapter
from duologue.training.base_model import load_base
from duologue.training.metrics_file import read_metrics
from duologue.training.preference import prepare, train_dpo
from duologue.training.preference_data import pair_examples, preference_rows, to_preference_rows
from duologue.training.preference_options import IRPOOptions
from duologue.training.preference_trainer import build_pair_trainer
from duologue.training.reference import load_policy
from duologue.training.sft import train_sft

SCRIPT = Path(__file__).parents[1] / "helpers" / "toy_pairs.py"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    write_rows(tmp_path / "pairs.jsonl", toy_pairs())
    return tmp_path / "pairs.jsonl"


def test_it_learns_to_prefer_and_the_loss_is_the_papers(chat_llama: Path, pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "dpo"
    command = ["train", "dpo", pairs, "--model", chat_llama, "--out", out, "--validation", pairs, "--max-steps", 60]
    command += ["--learning-rate", 2e-2, "--batch-size", 8, "--beta", 0.5, "--log-steps", 2, "--precision", "fp32"]
    assert duologue(*command) == 0
    losses = [row["loss"] for row in read_metrics(out / "metrics.jsonl") if "loss" in row]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < 0.2
    record = json.loads((out / "training.json").read_text())
    assert (record["method"], record["examples"], record["steps"]) == ("dpo", 24, 60)
    # The loss again, by the formula (Rafailov et al. 2023, eq. 7), with nothing of TRL.
    policy, reference = load_adapter(out).model, load_base(str(chat_llama)).model
    rows = to_preference_rows(
        preference_rows(pairs)(load_base(str(chat_llama)).tokenizer, 512), max_length=512, what=""
    )
    total = 0.0
    with torch.no_grad():
        for row in range(len(rows)):
            margin = 0.0
            for side, sign in (("chosen", 1), ("rejected", -1)):
                example = rows.columns[f"{side}_ids"][row], rows.columns[f"{side}_trained"][row]
                margin += sign * float(log_probability(policy, *example) - log_probability(reference, *example))
            total -= float(torch.nn.functional.logsigmoid(torch.tensor(0.5 * margin)))
    assert total / len(rows) == pytest.approx(record["eval_loss"], rel=1e-3)


def test_irpo_adds_the_likelihood_of_what_is_chosen(chat_llama: Path, pairs: Path, tmp_path: Path) -> None:
    command = ["train", "irpo", pairs, "--model", chat_llama, "--max-steps", 1, "--learning-rate", 1e-9]
    command += ["--precision", "fp32", "--batch-size", 24, "--no-group-by-length"]
    assert duologue(*command, "--out", tmp_path / "one") == 0
    assert duologue(*command, "--out", tmp_path / "two", "--sft-weight", 2) == 0
    one, two = (json.loads((tmp_path / name / "training.json").read_text()) for name in ("one", "two"))
    assert one["method"] == "irpo"
    base = load_base(str(chat_llama))
    total, count = 0.0, 0
    for pair in pair_examples(toy_pairs())(base.tokenizer, 512):
        total -= float(log_probability(base.model, pair.chosen.ids, pair.chosen.trained).detach())
        count += sum(pair.chosen.trained)
    assert one["final_loss"] == pytest.approx(0.6931 + total / count, rel=1e-3)
    assert two["final_loss"] - one["final_loss"] == pytest.approx(total / count, rel=1e-3)


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_the_reference_of_an_sft_adapter_is_the_sft_model(
    kind: str, tied_llama: Path, untied_llama: Path, tmp_path: Path
) -> None:
    model = {"tied": tied_llama, "untied": untied_llama}[kind]
    sft = tmp_path / "sft"
    train_sft(encode(), model=f"hf:{model}", out=sft, options=options(12), special_tokens=TOKENS)
    settings = dpo_options(4, batch_size=2)
    prepared = prepare(pair_examples(toy_pairs()), None, str(sft), settings, "toy", None)
    trainer = build_pair_trainer(
        load_policy(str(sft), settings, "fp32"), prepared.rows, None, tmp_path / "dpo", settings, "fp32", name="toy"
    )
    ids = trainer.processing_class("<|context|> a hotel <|belief|>", return_tensors="pt").input_ids
    with torch.no_grad():
        taught = load_adapter(sft).model(ids).logits
        untaught = load_adapter(sft)
        with untaught.model.disable_adapter():
            assert not torch.allclose(untaught.model(ids).logits, taught, atol=1e-3)
    trainer.train()
    policy = trainer.model.eval()
    with torch.no_grad():
        moved = policy(ids).logits
        policy.set_adapter("ref")
        assert torch.allclose(policy(ids).logits, taught, atol=1e-6)
        policy.set_adapter("default")
    assert not torch.allclose(moved, taught, atol=1e-4)


def test_an_adapter_is_trained_further_and_saved_alone(tied_llama: Path, pairs: Path, tmp_path: Path) -> None:
    sft, out = tmp_path / "sft", tmp_path / "dpo"
    train_sft(encode(), model=f"hf:{tied_llama}", out=sft, options=options(4))
    command = ["train", "dpo", pairs, "--model", sft, "--max-steps", 4, "--learning-rate", 1e-2, "--out", out]
    assert duologue(*command) == 0
    assert not (out / "ref").exists()
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (sft, out))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert load_adapter(out).path == str(tied_llama)


def test_every_weight_trains_against_the_model_as_it_was(chat_llama: Path, pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "full"
    command = ["train", "dpo", pairs, "--model", chat_llama, "--full", "--max-steps", 24, "--learning-rate", 3e-3]
    assert duologue(*command, "--out", out, "--log-steps", 4, "--precision", "fp32") == 0
    losses = [row["loss"] for row in read_metrics(out / "metrics.jsonl")]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < 0.6
    assert (out / "model.safetensors").exists()


def test_four_bits(chat_llama: Path, pairs: Path, tmp_path: Path) -> None:
    command = ["train", "dpo", pairs, "--model", chat_llama, "--bits", 4, "--max-steps", 2, "--out", tmp_path / "q"]
    assert duologue(*command) == 0
    assert json.loads((tmp_path / "q" / "training.json").read_text())["options"]["bits"] == 4


def test_killed_in_the_middle_it_ends_with_the_same_curve_and_weights(chat_llama: Path, tmp_path: Path) -> None:
    steps = 40
    train_dpo(pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path / "whole", options=dpo_options(steps))
    command = [sys.executable, str(SCRIPT), str(chat_llama), str(tmp_path / "killed"), str(steps)]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    curve = tmp_path / "killed" / "metrics.jsonl"
    while process.poll() is None and not any(row["step"] >= 10 for row in read_metrics(curve)):
        time.sleep(0.01)
    assert process.poll() is None, "it was over before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = train_dpo(
        pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path / "killed", options=dpo_options(steps)
    )
    assert done.record["resumed_at"] > 0
    assert curve.read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()
    one, other = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ({"prompt": "a hotel", "chosen": " in the north", "rejected": " no"}, ("a hotel", " in the north<|end|>")),
        ({"chosen": "a hotel in the north", "rejected": "a hotel in no place"}, ("a hotel in", " the north<|end|>")),
        (
            {"prompt": [["user", "hi"]], "chosen": [["assistant", "yes"]], "rejected": [["assistant", "no"]]},
            ("<|user|>hi<|end|><|assistant|>", "yes<|end|>"),
        ),
        (
            {"chosen": [["user", "hi"], ["assistant", "yes"]], "rejected": [["user", "hi"], ["assistant", "no"]]},
            ("<|user|>hi<|end|><|assistant|>", "yes<|end|>"),
        ),
    ],
)
def test_the_ecosystems_rows_are_read(
    row: dict[str, Any], texts: tuple[str, str], chat_llama: Path, tmp_path: Path
) -> None:
    messages = {
        key: value if isinstance(value, str) else [{"role": role, "content": text} for role, text in value]
        for key, value in row.items()
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps({**messages, "score": 3}) + "\n")
    tokenizer = load_base(str(chat_llama)).tokenizer
    (pair,) = preference_rows(tmp_path / "rows.jsonl")(tokenizer, 512)
    begin = pair.chosen.trained.index(True)
    assert (tokenizer.decode(pair.chosen.ids[:begin]), tokenizer.decode(pair.chosen.ids[begin:])) == texts


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"prompt": "a", "chosen": "b"}', "line 25: Object missing required field `rejected`"),
        ('{"prompt": "a", "chosen": "b", "rejected": []}', "row 25: `prompt`, `chosen` and `rejected` are partly text"),
        ('{"chosen": "b", "rejected": "c"}', "row 25: both sides begin otherwise"),
        (
            '{"prompt": [{"role": "user", "content": "a"}], "chosen": [], "rejected": []}',
            "row 25: `chosen` and `rejected` begin and end with the assistant",
        ),
    ],
)
def test_a_bad_row_is_one_line(
    line: str, message: str, pairs: Path, chat_llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs.write_text(pairs.read_text() + line)
    assert duologue("train", "dpo", pairs, "--model", chat_llama, "--out", tmp_path / "x") == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_pairs_that_are_too_long_are_left_out_and_named(chat_llama: Path, tmp_path: Path) -> None:
    pairs = toy_pairs(4)
    long = type(pairs[0])("long", pairs[0].prompt, said("a " * 200), said("b"), "answer")
    done = train_dpo(
        pair_examples([*pairs, long]), model=str(chat_llama), out=tmp_path / "x", options=dpo_options(1, max_length=96)
    )
    assert done.record["too_long"] == ["long"]
    assert done.record["examples"] == 4
    with pytest.raises(InputError, match="there is no pair to use: all 1 are longer"):
        train_dpo(
            pair_examples([long]), model=str(chat_llama), out=tmp_path / "y", options=dpo_options(1, max_length=96)
        )


def test_another_training_in_the_folder_is_refused(chat_llama: Path, tmp_path: Path) -> None:
    train_dpo(pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path, options=dpo_options(1))
    again = train_dpo(pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path, options=dpo_options(1))
    assert again.steps == 1
    changed = IRPOOptions(**dpo_options(1).model_dump(exclude={"sft_weight"}))
    with pytest.raises(InputError, match="other settings"):
        train_dpo(pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path, options=changed)


def test_an_adapter_and_full_do_not_go_together(
    tied_llama: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft = tmp_path / "sft"
    train_sft(encode(), model=f"hf:{tied_llama}", out=sft, options=options(1))
    assert duologue("train", "dpo", pairs, "--model", sft, "--full", "--out", tmp_path / "x") == 2
    assert "an adapter cannot be trained --full; merge it first" in capsys.readouterr().err
    assert duologue("train", "dpo", pairs, "--model", sft, "--bits", 4, "--out", tmp_path / "x") == 2
    assert "the adapter was trained on a base in 32 bits; leave --bits out" in capsys.readouterr().err
