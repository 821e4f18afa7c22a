"""`duologue train act` and `train grpo` on files: from contrast to weights, roles by specs, errors in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_templates import ALTERNATING
from clarify_talk import table_talk
from command_line import duologue
from msgspec.structs import replace
from random_families import make_random
from random_llama import make_random_llama

from duologue.corpora.actions import ACTION
from duologue.dialogue import Branch, Turn, read_rows, write
from duologue.training.metrics_file import read_metrics
from duologue.training.rollout_log import Rolled

FEW = ["--sampling.max-new-tokens", "8", "--sampling.max-turns", "2", "--batch-size", "4", "--max-steps", "2"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama") / "chat", context=1024, spread=0.02)


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """As `synthesize contrast` leaves them, with the ids that readings of Abg-CoQA have."""
    dialogues = []
    for number in range(4):
        talk = replace(table_talk(number), id=f"talk|{number}#1.{number}")
        branches = []
        for at in (1, 3, 5):
            gold = talk.turns[at]
            asks = gold.labels[ACTION] == ["clarify"]
            other = Turn("system", "7 million" if asks else "Which one?")
            other.labels = {ACTION: ["answer" if asks else "clarify"]}
            for side, turn in (("chosen", gold), ("rejected", other)):
                labels = {"preference": [side], "pair": [f"{talk.id}-{at}-0"], **turn.labels}
                branches.append(Branch(f"{talk.id}-{at}-{side}", at, [turn], labels=labels))
        dialogues.append(replace(talk, branches=branches))
    write(tmp_path / "talks.jsonl", dialogues)
    return tmp_path / "talks.jsonl"


@pytest.mark.parametrize("method", ["act", "grpo"])
def test_from_dialogues_to_weights_with_development_conversations(
    method: str, talks: Path, llama: Path, tmp_path: Path
) -> None:
    out = tmp_path / method
    command = ["train", method, talks, "--model", llama, "--out", out, "--validation", talks, "--eval-states", 3, *FEW]
    command += ["--eval-steps", 1, "--best-metric", "trajectory_score", "--dev-helpers.user", "none"]
    assert duologue(*command) == 0
    record = json.loads((out / "training.json").read_text())
    assert (record["method"], record["examples"], record["steps"]) == (method, 12, 2)
    assert record["roles"] == "classifier rule, user gold, intents auto, minilm"
    assert "user none" in record["evaluation"]
    rows = list(read_rows(out / "rollouts.jsonl", Rolled))
    assert len(rows) == 8
    assert all(rollout.tokens_by_turn for row in rows for rollout in row.rollouts if not rollout.failures)
    curve = read_metrics(out / "metrics.jsonl")
    assert [row["step"] for row in curve if "eval_trajectory_score" in row] == [1, 2]
    assert (out / "adapter_model.safetensors").exists()


def test_a_gemma_2_without_a_system_role_trains_on_its_conversations(talks: Path, tmp_path: Path) -> None:
    """The seed's family: its template refuses a system message, so the prompt's is put before the user's first."""
    special = ("<|im_start|>", "<|im_end|>")
    gemma = make_random("gemma2", tmp_path / "gemma", template=ALTERNATING, special=special)
    command = ["train", "act", talks, "--model", gemma, "--out", tmp_path / "act", *FEW, "--max-length", 2048]
    assert duologue(*command, "--precision", "fp32") == 0
    rows = list(read_rows(tmp_path / "act" / "rollouts.jsonl", Rolled))
    assert len(rows) == 8
    assert not [failure for row in rows for rollout in row.rollouts for failure in rollout.failures]
    assert {reason for row in rows for reason in row.reasons} <= {"wrong action", "missed the goal"}
    assert {row.outcome for row in rows} == {"demoted"}


def test_simulation_is_left_out_as_the_guide_says(talks: Path, llama: Path, tmp_path: Path) -> None:
    command = ["train", "act", talks, "--model", llama, "--out", tmp_path / "act", *FEW, "--random-actions"]
    guide = (Path(__file__).parents[2] / "docs" / "act.md").read_text()
    flags = "--helpers.user none --pairs.no-simulated"
    assert f"`{flags}`" in guide
    assert duologue(*command, *flags.split()) == 0
    rows = list(read_rows(tmp_path / "act" / "rollouts.jsonl", Rolled))
    assert {len(rollout.turns) for row in rows for rollout in row.rollouts} == {1}


def test_models_play_roles(talks: Path, llama: Path, tmp_path: Path) -> None:
    command = ["train", "act", talks, "--model", llama, "--out", tmp_path / "act", *FEW]
    command += ["--helpers.classifier", "model", "--helpers.user", "model", "--helper", f"hf:{llama}"]
    assert duologue(*command) == 0
    assert f"classifier by hf:{llama}" in json.loads((tmp_path / "act" / "training.json").read_text())["roles"]
    rows = list(read_rows(tmp_path / "act" / "rollouts.jsonl", Rolled))
    failures = {failure for row in rows for rollout in row.rollouts for failure in rollout.failures}
    assert failures <= {"classifier: no-verdict", "classifier: empty_reply"}  # random weights say neither yes nor no
    assert failures
    assert {row.outcome for row in rows} == {"skipped"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["act", "--helpers.user", "model"], "no model plays the user; add --helper SPEC or ROLE=SPEC"),
        (["act", "--best-metric", "trajectory_score"], "best_metric needs eval_steps"),
        (["act", "--best-metric", "trajectory_score", "--eval-steps", "1"], "best_metric needs validation data"),
        (["grpo", "--sampling.samples", "1"], "greater than or equal to 2"),
        (["act", "--helpers.classifier", "nowhere"], "nowhere"),
        (["act", "--helper", "tiny"], "no helper is a model; leave it out"),
        (["act", "--helpers.user", "none"], "nobody answers questions, and pairs.simulated is True"),
        (["act", "--pairs.no-simulated"], "questions are answered, and pairs.simulated is False"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], message: str, talks: Path, llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method, *rest = arguments
    assert duologue("train", method, talks, "--model", llama, "--out", tmp_path / "x", *rest) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_dialogues_without_pairs_are_told_how_to_get_them(
    llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "plain.jsonl", [table_talk(0)])
    assert duologue("train", "act", tmp_path / "plain.jsonl", "--model", llama, "--out", tmp_path / "x") == 2
    assert "there is no pair; make pairs first: duologue synthesize contrast" in capsys.readouterr().err
