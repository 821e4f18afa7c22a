"""Evaluations in the course of a training: figures beside the loss, samples, the best weights, no trace on chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from toy_task import TOKENS, encode, options

from duologue.errors import InputError
from duologue.training import SFTOptions
from duologue.training.evaluation import DialogueEvaluation, Evaluated
from duologue.training.metrics_file import read_metrics
from duologue.training.sft import Trained, train_sft


def train(
    model: Path, out: Path, settings: SFTOptions, evaluation: DialogueEvaluation | None, validation: int | None = 5
) -> Trained:
    held_out = None if validation is None else encode(validation)
    return train_sft(
        encode(),
        model=f"hf:{model}",
        out=out,
        options=settings,
        validation=held_out,
        evaluation=evaluation,
        special_tokens=TOKENS,
    )


def adapter_weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}


def test_the_best_by_any_figure_is_kept_and_training_stops_after_it(tied_llama: Path, tmp_path: Path) -> None:
    """A figure that is best at step 8, where the loss is not."""
    seen: dict[int, dict[str, torch.Tensor]] = {}

    def evaluate(model: Any, tokenizer: Any, step: int) -> Evaluated:
        assert not model.training
        assert tokenizer.tokenize("[name]") == ["[name]"]
        seen[step] = adapter_weights(model)
        turns = [{"user": "a hotel", "response": f"after {step}", "reference": "yes"}]
        far = abs(step - 8)
        return Evaluated({"nearness": -far, "distance_loss": far}, [{"dialogue": "d", "turns": turns}])

    evaluation = DialogueEvaluation(evaluate, ("nearness", "distance_loss"), "steps")
    for number, metric in enumerate(("nearness", "eval_distance_loss")):  # the one rises, the other falls
        out = tmp_path / str(number)
        settings = options(60, eval_steps=2, early_stopping=3, best_metric=metric, keep_checkpoints=1)
        done = train(tied_llama, out, settings, evaluation)
        assert done.steps == 14
        found = "eval_" + metric.removeprefix("eval_")
        assert done.record["best"] == {"metric": found, "value": 0.0, "step": 8}
        assert done.record["evaluation"] == "steps"
        rows = [row for row in read_metrics(out / "metrics.jsonl") if "eval_loss" in row]
        assert [row["eval_nearness"] for row in rows] == [-6, -4, -2, 0, -2, -4, -6]
        assert rows[3]["samples"][0]["turns"][0]["response"] == "after 8"
        saved = load_file(out / "adapter_model.safetensors")
        lora = {name: weight for name, weight in saved.items() if "lora" in name}
        kept = {name.replace(".default", ""): weight for name, weight in seen[8].items() if "lora" in name}
        assert lora.keys() == kept.keys()
        assert all(torch.equal(weight, kept[name]) for name, weight in lora.items())


def test_to_evaluate_leaves_no_trace_in_the_training(tied_llama: Path, tmp_path: Path) -> None:
    def evaluate(model: Any, tokenizer: Any, step: int) -> Evaluated:
        return Evaluated({"chance": float(torch.rand(1000).mean())}, [])

    curves = []
    for name, evaluation in (("with", DialogueEvaluation(evaluate, ("chance",), "")), ("without", None)):
        train(tied_llama, tmp_path / name, options(12, eval_steps=2), evaluation)
        rows = read_metrics(tmp_path / name / "metrics.jsonl")
        curves.append([row["loss"] for row in rows if "loss" in row])
    assert curves[0] == curves[1]  # dropout draws from the same generator


def test_without_eval_steps_the_dialogues_are_judged_once_at_the_end(tied_llama: Path, tmp_path: Path) -> None:
    evaluation = DialogueEvaluation(lambda model, tokenizer, step: Evaluated({"at": step}, []), ("at",), "")
    train(tied_llama, tmp_path / "a", options(6), evaluation)
    assert [row["eval_at"] for row in read_metrics(tmp_path / "a" / "metrics.jsonl") if "eval_at" in row] == [6]


def test_what_cannot_be_evaluated_is_told_before_the_training(tied_llama: Path, tmp_path: Path) -> None:
    evaluation = DialogueEvaluation(lambda *_: Evaluated({}, []), ("bleu", "success"), "")
    with pytest.raises(InputError, match=r"no metric 'sucess'; give one of loss, .*bleu, success"):
        train(tied_llama, tmp_path / "a", options(4, eval_steps=2, best_metric="sucess"), evaluation)
    with pytest.raises(InputError, match="best_metric needs validation data; give --validation"):
        train(tied_llama, tmp_path / "a", options(4, eval_steps=2, best_metric="bleu"), None, validation=None)
    with pytest.raises(InputError, match="dialogue metrics need validation data"):
        train(tied_llama, tmp_path / "a", options(4), evaluation, validation=None)
    assert not (tmp_path / "a").exists()
