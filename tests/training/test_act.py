"""ACT: what is sampled, what is trained on it, on which tensors, and that a kill changes nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from chat_templates import ALTERNATING
from random_families import make_random
from safetensors.torch import load_file
from toy_act import act_options, toy_roller
from toy_pairs import dpo_options, log_probability, said, toy_pairs
from toy_task import TOKENS, encode
from toy_task import options as sft_options

from duologue.dialogue import read_rows
from duologue.experiments.trajectory_metrics import trajectory_evaluation
from duologue.models.request import Message
from duologue.training.act import train_act
from duologue.training.act_trainer import ACTTrainer
from duologue.training.adapter import load_adapter
from duologue.training.base_model import load_base
from duologue.training.metrics_file import read_metrics
from duologue.training.preference import prepare, train_dpo
from duologue.training.preference_data import pair_examples
from duologue.training.preference_options import ACTOptions, SamplingOptions
from duologue.training.preference_trainer import build_pair_trainer
from duologue.training.reference import load_policy
from duologue.training.rollout_log import Rolled, RolloutLog
from duologue.training.sft import train_sft
from duologue.views.preference import Pair, PairOptions, Roll, Rollout

SCRIPT = Path(__file__).parents[1] / "helpers" / "toy_act.py"


def answered(pair: Pair, *texts: str, score: float = 1.0, action: str = "", **more: Any) -> Rollout:
    actions = ("clarify",) * (len(texts) // 2) + ("answer",) if not action else (action,)
    return Rollout(pair.id, said(*texts), actions, texts[-1], score, **more)


class Scripted:
    """Samples by a rule, and remembers when it was asked for what."""

    def __init__(self, sample: Any) -> None:
        self.sample = sample
        self.calls: list[tuple[int, list[str]]] = []

    def __call__(self, model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
        assert not model.training
        self.calls.append((step, [pair.id for pair in pairs]))
        return [self.sample(pair) for pair in pairs]


def trainer_of(model: Path, folder: Path, roll: Roll, options: ACTOptions, pairs: list[Pair]) -> ACTTrainer:
    base = load_base(str(model))
    prepared = prepare(pair_examples(pairs), None, str(model), options, "toy", None)
    own = {"pairs": pairs, "roll": roll, "act": options, "log_rollouts": RolloutLog(folder)}
    trainer = build_pair_trainer(base, prepared.rows, None, folder, options, "fp32", name="toy", kind=ACTTrainer, **own)
    assert isinstance(trainer, ACTTrainer)
    return trainer


def passes(trainer: ACTTrainer) -> list[dict[str, Any]]:
    """What the model is given in each pass of the loss from now on."""
    seen: list[dict[str, Any]] = []

    def look(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if kwargs.get("fused_lm_head"):
            seen.append({name: value.clone() for name, value in kwargs.items() if hasattr(value, "clone")})

    trainer.model.register_forward_pre_hook(look, with_kwargs=True)
    return seen


def texts(trainer: ACTTrainer, given: dict[str, Any]) -> list[str]:
    """Of each row what counts for the loss."""
    decode = trainer.processing_class.decode
    return [decode(row[row != -100]) for row in given["labels"]]


@pytest.mark.parametrize("full", [False, True])
def test_policy_and_reference_are_scored_on_the_same_tensors_of_the_new_pairs(
    full: bool, chat_llama: Path, tmp_path: Path
) -> None:
    pairs = toy_pairs(2)  # vague, clear
    roll = Scripted(lambda pair: [answered(pair, "where?", "up there", "done")])
    options = act_options(1, batch_size=2, group_by_length=False, **({"lora": None} if full else {}))
    trainer = trainer_of(chat_llama, tmp_path, roll, options, pairs)
    seen = passes(trainer)
    if full:
        trainer.ref_model.register_forward_pre_hook(
            lambda module, args, kwargs: seen.append(dict(kwargs)), with_kwargs=True
        )
    trainer.train()
    policy, reference = seen
    for name in ("input_ids", "attention_mask", "labels"):
        assert torch.equal(policy[name], reference[name])
    gold = {"d0-1": "which area?<|end|>yes, north<|end|>", "d1-1": "yes, south<|end|>"}
    order = ["d0-1", "d1-1"] if texts(trainer, policy)[0].startswith("where?") else ["d1-1", "d0-1"]
    new = {"d0-1": ("where?<|end|>done<|end|>", "no, west<|end|>"), "d1-1": (gold["d1-1"], "where?<|end|>")}
    expected = [new[name][0] for name in order] + [new[name][1] for name in order]
    assert texts(trainer, policy) == expected
    assert "up there" in trainer.processing_class.decode(policy["input_ids"].flatten())


def test_the_loss_is_that_of_the_policys_own_words(chat_llama: Path, tmp_path: Path) -> None:
    (pair,) = toy_pairs(1)
    roll = Scripted(lambda pair: [answered(pair, "where?", "up there", "done")])
    trainer = trainer_of(chat_llama, tmp_path, roll, act_options(2, batch_size=1), [pair])
    seen = passes(trainer)
    trainer.train()
    policy = seen[-2]
    model = trainer.model

    def log_probabilities(of: Any) -> Any:
        logits = of(policy["input_ids"]).logits[:, :-1].log_softmax(-1)
        wanted = policy["labels"][:, 1:]
        return (logits.gather(-1, wanted.clamp(min=0)[..., None])[..., 0] * (wanted != -100)).sum(1)

    with torch.no_grad():
        moved = log_probabilities(model)
        with model.disable_adapter():
            margin = (moved - log_probabilities(model)) @ torch.tensor([1.0, -1.0])
        batch = trainer.data_collator([trainer._learnt[0]])
        loss = trainer.compute_loss(model, {name: value for name, value in batch.items() if name != "row"})
    assert float(loss) == pytest.approx(float(-torch.nn.functional.logsigmoid(0.5 * margin)), abs=1e-5)
    assert float(loss) != pytest.approx(0.6931, abs=1e-3)


def test_a_failed_helper_moves_no_weight_and_is_counted(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [answered(pair, "hm", action=pair.action, failures=("user: timeout",))])
    trainer = trainer_of(chat_llama, tmp_path, roll, act_options(2), toy_pairs(8))
    before = {name: weights.clone() for name, weights in trainer.model.named_parameters()}
    trainer.train()
    assert all(torch.equal(before[name], weights) for name, weights in trainer.model.named_parameters())
    rows = list(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert Counter(row.outcome for row in rows) == {"skipped": 8}
    assert rows[0].reasons == ("failed",)
    assert rows[0].rollouts[0].failures == ("user: timeout",)


def test_no_token_of_the_user_has_a_gradient(chat_llama: Path, tmp_path: Path) -> None:
    """What the model's head is given where it has to say the user's words has no influence on the loss."""
    roll = Scripted(lambda pair: [answered(pair, "where?", "up there", "done")])
    trainer = trainer_of(chat_llama, tmp_path, roll, act_options(1, batch_size=1), toy_pairs(1))
    seen, heads = passes(trainer), []

    def keep(module: Any, args: Any, output: Any) -> None:
        if output.requires_grad:
            output.retain_grad()
            heads.append(output)

    trainer.model.get_base_model().model.norm.register_forward_hook(keep)
    trainer.train()
    ids, (given,) = seen[0]["input_ids"], heads
    assert "up there" in trainer.processing_class.decode(ids[0])
    weighs = given.grad[:, :-1].abs().sum(-1) > 0
    assert [trainer.processing_class.decode(row[1:][marks]) for row, marks in zip(ids, weighs, strict=True)] == [
        "where?<|end|>done<|end|>",
        "no, west<|end|>",
    ]


def test_an_sft_adapter_is_sampled_and_is_its_own_reference(tied_llama: Path, tmp_path: Path) -> None:
    """What is sampled first says what the SFT model says, and the reference stays that model."""
    sft = tmp_path / "sft"
    train_sft(encode(), model=f"hf:{tied_llama}", out=sft, options=sft_options(12), special_tokens=TOKENS)
    settings = act_options(3, batch_size=2)
    prepared = prepare(pair_examples(toy_pairs(4)), None, str(sft), settings, "toy", None)
    ids = torch.tensor([[5, 9, 14, 20]])
    seen: list[Any] = []

    def look(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
        with torch.no_grad():
            seen.append(model(ids).logits)
        return [[answered(pair, "where?", "up there", "done")] for pair in pairs]

    own = {"pairs": toy_pairs(4), "roll": look, "act": settings, "log_rollouts": RolloutLog(tmp_path / "act")}
    policy = load_policy(str(sft), settings, "fp32")
    folder = tmp_path / "act"
    folder.mkdir()
    trainer = build_pair_trainer(
        policy, prepared.rows, None, folder, settings, "fp32", name="toy", kind=ACTTrainer, **own
    )
    trainer.train()
    assert trainer.state.log_history[0]["loss"] == pytest.approx(0.693147, abs=1e-6)  # no dropout in one or the other
    with torch.no_grad():
        taught = load_adapter(sft).model(ids).logits
        trainer.model.eval().set_adapter("ref")
        assert torch.allclose(trainer.model(ids).logits, taught, atol=1e-6)
    assert torch.allclose(seen[0], taught, atol=1e-6)
    assert not torch.allclose(seen[-1], taught, atol=1e-4)


def test_a_reply_to_a_history_that_had_to_be_cut_teaches_nothing(chat_llama: Path, tmp_path: Path) -> None:
    """The policy had answered the whole of it."""
    (pair,) = toy_pairs(1)
    first = (Message("user", "hello " * 20), Message("assistant", "hello"))
    long = msgspec.structs.replace(pair, prompt=(pair.prompt[0], *first, pair.prompt[1]))
    roll = Scripted(lambda pair: [answered(pair, "done")])
    trainer = trainer_of(chat_llama, tmp_path, roll, act_options(1, batch_size=1, max_length=96), [long])
    trainer.train()
    (row,) = read_rows(tmp_path / "rollouts.jsonl", Rolled)
    assert row.reasons == ("wrong action", "unusable")


def test_what_is_too_long_or_refused_by_the_template_teaches_nothing(chat_llama: Path, tmp_path: Path) -> None:
    long = Scripted(lambda pair: [answered(pair, "a " * 300, score=0.0)])
    trainer = trainer_of(chat_llama, tmp_path, long, act_options(1, max_length=128), toy_pairs(4))
    trainer.train()
    rows = list(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert {(row.outcome, row.reasons[-1]) for row in rows} == {("skipped", "unusable")}


def test_all_states_of_a_step_are_sampled_at_once_and_only_when_it_is_due(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [answered(pair, "done"), answered(pair, "no", score=0.0)])
    options = act_options(4, batch_size=2, accumulate=3, sample_every=2)
    trainer = trainer_of(chat_llama, tmp_path, roll, options, toy_pairs(24))
    trainer.train()
    assert [(step, len(set(ids))) for step, ids in roll.calls] == [(0, 6), (2, 6)]
    rows = list(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert {row.outcome for row in rows if row.action == "answer"} == {"both"}
    assert {row.outcome for row in rows if row.action == "clarify"} == {"demoted"}


def test_the_curve_says_what_became_of_the_samples(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [answered(pair, "done", score=0.4 if pair.id == "d1-1" else 1.0)])
    train_act(
        toy_pairs(4), roll, model=str(chat_llama), out=tmp_path, options=act_options(1, batch_size=4, log_steps=1)
    )
    (row,) = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "loss" in row]
    told = {name.removeprefix("act/"): value for name, value in row.items() if name.startswith("act/")}
    assert told["promoted"] == 0.25
    assert told["demoted"] == 0.75
    assert told["wrong_action"] == 0.5
    assert told["missed_the_goal"] == 0.25
    assert (told["action_accuracy"], told["asked_when_vague"], told["asked_when_clear"]) == (0.5, 0, 0)
    assert told["score"] == pytest.approx(0.85)
    assert not any("runtime" in name for name in row)


def test_killed_in_the_middle_of_an_epoch_it_goes_on_with_the_same_batches(chat_llama: Path, tmp_path: Path) -> None:
    steps, options = 18, act_options(18)
    with toy_roller(options.sampling) as roll:
        train_act(toy_pairs(), roll, model=str(chat_llama), out=tmp_path / "whole", options=options)
    command = [sys.executable, str(SCRIPT), str(chat_llama), str(tmp_path / "killed"), str(steps)]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    killed = tmp_path / "killed"
    while process.poll() is None and not any(row["step"] >= 10 for row in read_metrics(killed / "metrics.jsonl")):
        time.sleep(0.01)
    assert process.poll() is None, "it was over before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    with toy_roller(options.sampling) as roll:
        done = train_act(toy_pairs(), roll, model=str(chat_llama), out=killed, options=options)
    assert done.record["resumed_at"] in (4, 8, 12)  # six steps are an epoch
    for name in ("metrics.jsonl", "rollouts.jsonl"):
        assert (killed / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    one, other = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    rows = list(read_rows(killed / "rollouts.jsonl", Rolled))
    assert Counter(row.step for row in rows) == dict.fromkeys(range(steps), 4)
    assert len({row.outcome for row in rows}) > 1
    assert any(len(rollout.turns) == 3 for row in rows for rollout in row.rollouts)


def test_without_sampling_it_is_dpo(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [answered(pair, "done")])
    options = act_options(4, on_policy=False, beta=0.1)
    train_act(toy_pairs(), roll, model=str(chat_llama), out=tmp_path / "act", options=options)
    train_dpo(pair_examples(toy_pairs()), model=str(chat_llama), out=tmp_path / "dpo", options=dpo_options(4))
    one, other = ((tmp_path / name / "metrics.jsonl").read_bytes() for name in ("act", "dpo"))
    assert one == other
    assert roll.calls == []


def test_random_actions_turn_some_pairs_round(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [answered(pair, "done")])
    options = act_options(6, random_actions=True)
    train_act(toy_pairs(), roll, model=str(chat_llama), out=tmp_path, options=options)
    rows = {row.id: row.action for row in read_rows(tmp_path / "rollouts.jsonl", Rolled)}
    gold = {pair.id: pair.action for pair in toy_pairs()}
    assert rows.keys() == gold.keys()
    assert 4 < sum(rows[name] != gold[name] for name in gold) < 20


def test_without_simulation_a_question_is_judged_by_its_action(chat_llama: Path, tmp_path: Path) -> None:
    roll = Scripted(lambda pair: [Rollout(pair.id, said("where?"), ("clarify",))])
    options = act_options(1, batch_size=4, pairs=PairOptions(simulated=False))
    train_act(toy_pairs(4), roll, model=str(chat_llama), out=tmp_path, options=options)
    rows = list(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert {(row.action, row.outcome) for row in rows} == {("clarify", "promoted"), ("answer", "demoted")}


def test_the_goal_chooses_the_checkpoint_not_the_loss(chat_llama: Path, tmp_path: Path) -> None:
    """On development states the conversations are best after two steps."""

    def greedy(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
        return [[answered(pair, "done", score=1.0 if step == 2 else 0.1)] for pair in pairs]

    roll = Scripted(lambda pair: [answered(pair, "done")])
    options = act_options(6, eval_steps=2, best_metric="trajectory_score")
    done = train_act(
        toy_pairs(),
        roll,
        model=str(chat_llama),
        out=tmp_path,
        options=options,
        validation=toy_pairs(4),
        evaluation=trajectory_evaluation(toy_pairs(4), greedy, on="toy"),
    )
    assert done.record["best"] == {"metric": "eval_trajectory_score", "value": 100.0, "step": 2}
    rows = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "eval_loss" in row]
    tuned, gold = load_adapter(tmp_path), [*pair_examples(toy_pairs(4))(load_base(str(chat_llama)).tokenizer, 512)]
    with torch.no_grad():
        likely = [log_probability(tuned.model, pair.chosen.ids, pair.chosen.trained) for pair in gold]
    counted = sum(sum(pair.chosen.trained) for pair in gold)
    assert rows[0]["eval_loss"] == pytest.approx(-float(sum(likely)) / counted, rel=1e-4)  # of the best weights
    assert [row["eval_trajectory_score"] for row in rows] == [100.0, pytest.approx(10), pytest.approx(10)]
    assert rows[0]["eval_action_accuracy"] == 50
    assert len(roll.calls) == 6  # evaluation samples nothing of the training's


@pytest.mark.parametrize("family", ["tiny", "gemma2"])
def test_other_models_carry_their_own_conversations(family: str, tmp_path: Path) -> None:
    model = family
    if family == "gemma2":  # no system role
        special = ("<|im_start|>", "<|im_end|>")
        model = str(make_random(family, tmp_path / "gemma", template=ALTERNATING, special=special))
    options = act_options(2, sampling=SamplingOptions(max_new_tokens=6, max_turns=2, samples=2))
    with toy_roller(options.sampling) as roll:
        train_act(toy_pairs(), roll, model=model, out=tmp_path / "act", options=options)
    rows = list(read_rows(tmp_path / "act" / "rollouts.jsonl", Rolled))
    assert [len(row.rollouts) for row in rows] == [2] * 8
    assert json.loads((tmp_path / "act" / "training.json").read_text())["method"] == "act"
    assert all(isinstance(turn, Message) for row in rows for rollout in row.rollouts for turn in rollout.turns)
