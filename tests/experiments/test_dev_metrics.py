"""The embedded model trained with its dialogue metrics: the curve is what `respond` and `evaluate` say, kill or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import duologue
from tiny_town import DATABASES, databases, meal, stay

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.venues import Venues
from duologue.corpora.worlds.tod import sample
from duologue.dialogue import Dialogue, DialoguePrediction, Turn, TurnPrediction
from duologue.errors import InputError
from duologue.experiments.dev_metrics import RENDERED, chat_dev, dialogue_evaluation, evaluation_of, simpletod_dev
from duologue.models.generation.options import DecodingOptions
from duologue.models.spec import TINY
from duologue.systems.chat import ChatOptions
from duologue.systems.simpletod import SimpleTodOptions
from duologue.training.base_model import load_base
from duologue.training.metrics_file import read_metrics

FIGURES = ("bleu", "richness", "inform", "success", "joint_goal_accuracy")


def test_which_figures_there_are_depends_on_what_the_dialogues_have() -> None:
    system = simpletod_dev(SimpleTodOptions())
    assert dialogue_evaluation([stay()], system, databases(), on="dev").metrics == FIGURES
    assert dialogue_evaluation([stay()], system, None, on="dev").metrics == ("bleu", "richness", "joint_goal_accuracy")
    plain = Dialogue("a", [Turn("user", "Hello"), Turn("system", "Hello!")])
    assert dialogue_evaluation([plain], system, databases(), on="dev").metrics == ("bleu", "richness")
    with pytest.raises(InputError, match="no dialogue to evaluate on"):
        dialogue_evaluation([], system, None, on="dev.json")


def test_a_model_as_it_is_answers_and_is_judged() -> None:
    base = load_base(str(TINY))
    evaluation = dialogue_evaluation([stay(), meal()], simpletod_dev(SimpleTodOptions()), databases(), on="dev")
    found = evaluation.evaluate(base.model.eval(), base.tokenizer, 0)
    assert tuple(found.metrics) == FIGURES
    assert [sample["dialogue"] for sample in found.samples] == ["MUL0001", "SNG0002"]
    first = found.samples[0]["turns"][0]
    assert first["user"] == "A four star place up north?"
    assert first["reference"] == "Try [name]."
    assert first["response"]


def test_states_that_a_model_writes_are_judged() -> None:
    base = load_base(str(TINY))
    dialogues = [dialogue_from_native(each.id, each.dialogue) for each in sample(3, 0, "val")]
    evaluation = dialogue_evaluation(dialogues, simpletod_dev(SimpleTodOptions()), None, on="dev")
    found = evaluation.evaluate(base.model.eval(), base.tokenizer, 0)
    assert 30 < found.metrics["joint_goal_accuracy"] < 100


def test_a_model_that_writes_no_state_has_an_empty_one_and_not_the_gold_one() -> None:
    """Else a model that has learnt nothing yet would be judged with gold states, and inform."""
    from transformers import AutoModelForCausalLM

    base = load_base(str(TINY))
    untrained = AutoModelForCausalLM.from_config(base.model.config).eval()
    options = SimpleTodOptions(max_new_tokens=8)
    found = dialogue_evaluation([stay()], simpletod_dev(options), databases(), on="dev").evaluate(
        untrained, base.tokenizer, 0
    )
    assert found.metrics["joint_goal_accuracy"] == 0
    assert found.metrics["inform"] == found.metrics["success"] == 0


def test_what_is_said_in_words_is_delexicalised_before_it_is_judged() -> None:
    system = chat_dev(ChatOptions(), DecodingOptions(max_new_tokens=8), Venues(DATABASES))
    said = [
        "Oak Lodge is in the north.",
        "Its number is 01223 999999, your reference is 7K2MXQ4B.",
        "Take TR2 at 11:00.",
    ]
    rows = [DialoguePrediction("MUL0001", [TurnPrediction(2 * at + 1, text) for at, text in enumerate(said)])]
    rates = evaluation_of(rows, [stay()], system, databases()).rates
    assert (rates.inform["total"], rates.success["total"]) == (100.0, 100.0)
    base = load_base(str(TINY))
    evaluation = dialogue_evaluation([stay(), meal()], system, databases(), on="dev")
    assert evaluation.metrics == ("bleu", "richness", "inform", "success")
    found = evaluation.evaluate(base.model.eval(), base.tokenizer, 0)
    assert tuple(found.metrics) == evaluation.metrics
    assert found.samples[0]["turns"][0]["reference"] == "Try [name]."


def test_words_are_compared_with_words_where_there_are_no_databases() -> None:
    system = chat_dev(ChatOptions(), DecodingOptions(max_new_tokens=8), None)
    rows = [DialoguePrediction("SNG0002", [TurnPrediction(1, "At 1 High Street.")])]
    score = evaluation_of(rows, [meal()], system, None).score()
    assert score.bleu[RENDERED] == pytest.approx(100)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    assert duologue("sample", "tod", "--n", 20, "--seed", 7, "--out", folder) == 0
    return folder


def training(town: Path, out: Path) -> list[str]:
    data = [str(town / "train.json"), "--format", "multiwoz21", "--validation", str(town / "val.json")]
    measured = ["--db", str(town / "db"), "--eval-dialogues", "1", "--eval-steps", "2", "--best-metric", "bleu"]
    pace = ["--max-steps", "8", "--batch-size", "2", "--log-steps", "1", "--precision", "fp32", "--out", str(out)]
    return ["train", "sft", *data, *measured, *pace, "--learning-rate", "3e-3"]


@pytest.mark.slow
def test_the_curve_is_what_the_commands_say_and_a_kill_changes_nothing(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert duologue(*training(town, whole)) == 0
    assert "training: " in capsys.readouterr().out
    record = json.loads((whole / "training.json").read_text())
    rows = [row for row in read_metrics(whole / "metrics.jsonl") if "eval_loss" in row]
    assert [row["step"] for row in rows] == [2, 4, 6, 8]
    best = max(rows, key=lambda row: row["eval_bleu"])
    assert record["best"] == {"metric": "eval_bleu", "value": best["eval_bleu"], "step": best["step"]}

    # The saved weights are the best step's: asked and judged by the commands they have its figures.
    predictions, scores, states = tmp_path / "p.jsonl", tmp_path / "tod.json", tmp_path / "dst.json"
    dev = ["--format", "multiwoz21"]
    asked = [town / "val.json", *dev, "--model", f"hf:{whole}", "--limit", 1, "--out", predictions]
    assert duologue("respond", "simpletod", *asked) == 0
    judged = [predictions, "--reference", town / "val.json", *dev]
    assert duologue("evaluate", "tod", *judged, "--db", town / "db", "--json", scores) == 0
    assert duologue("evaluate", "dst", *judged, "--json", states) == 0
    tod, dst = json.loads(scores.read_text()), json.loads(states.read_text())["score"]
    assert tod["bleu"]["multiwoz21-spans"] == pytest.approx(best["eval_bleu"])
    assert tod["richness"]["cond_entropy"] == pytest.approx(best["eval_richness"])
    assert tod["inform"]["total"] == pytest.approx(best["eval_inform"], abs=0.05)
    assert tod["success"]["total"] == pytest.approx(best["eval_success"], abs=0.05)
    assert dst["joint_goal_accuracy"] == pytest.approx(best["eval_joint_goal_accuracy"])

    process = subprocess.Popen(
        [sys.executable, "-m", "duologue.cli", *training(town, killed)], env=os.environ, stderr=subprocess.DEVNULL
    )
    curve = killed / "metrics.jsonl"
    while process.poll() is None and not any(row["step"] >= 4 and "samples" in row for row in read_metrics(curve)):
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert duologue(*training(town, killed)) == 0
    again = json.loads((killed / "training.json").read_text())
    assert 0 < again["resumed_at"] < 8
    assert again["final_loss"] == pytest.approx(record["final_loss"], abs=1e-6)
    assert again["best"] == record["best"]
    assert curve.read_bytes() == (whole / "metrics.jsonl").read_bytes()
