"""`duologue train sft` and `duologue merge` on files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import duologue


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    row = {"prompt": "a hotel in the north", "completion": " hotel area north"}
    path.write_text("".join(json.dumps(row) + "\n" for _ in range(16)))
    return path


def test_train_and_merge(rows: Path, tied_llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "adapter"
    command = ["train", "sft", rows, "--model", tied_llama, "--out", out, "--max-steps", 4, "--lora.r", 2]
    assert duologue(*command) == 0
    assert "4 steps, loss" in capsys.readouterr().out
    record = json.loads((out / "training.json").read_text())
    assert record["options"]["lora"]["r"] == 2
    assert record["added_tokens"] == 0
    assert duologue("merge", out, "--out", tmp_path / "merged") == 0
    assert (tmp_path / "merged" / "model.safetensors").exists()


def test_full_fine_tuning(rows: Path, tied_llama: Path, tmp_path: Path) -> None:
    assert (
        duologue("train", "sft", rows, "--model", tied_llama, "--out", tmp_path / "f", "--max-steps", 2, "--full") == 0
    )
    assert (tmp_path / "f" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"prompt": "a"}', "row 17: expected `prompt` and `completion`, or `messages`"),
        ('{"prompt": 3, "completion": ""}', "line 17: Expected `str | null`, got `int`"),
        ('{"prompt": "a", ', "line 17: Input data was truncated"),
    ],
)
def test_a_bad_row_is_one_line(
    line: str, message: str, rows: Path, tied_llama: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.write_text(rows.read_text() + line)
    assert duologue("train", "sft", rows, "--model", tied_llama, "--out", tmp_path / "x", "--max-steps", 2) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_a_bad_option_is_one_line(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duologue("train", "sft", rows, "--out", tmp_path / "x", "--learning-rate", "fast") == 2
    assert "fast" in capsys.readouterr().err
    assert duologue("train", "sft", rows, "--out", tmp_path / "x", "--bits", 4, "--full") == 2
    assert "bits needs lora" in capsys.readouterr().err


def test_accelerate_launch(rows: Path, tied_llama: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--cpu",
        "--num_processes",
        "1",
        "-m",
        "duologue.cli",
    ]
    command += ["train", "sft", str(rows), "--model", str(tied_llama), "--out", str(tmp_path / "a"), "--max-steps", "2"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "a" / "training.json").read_text())["steps"] == 2


@pytest.mark.slow
def test_two_processes_train_together_and_save_once(rows: Path, tied_llama: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "val.jsonl"
    held_out.write_text(rows.read_text())
    out = tmp_path / "a"
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    command = [
        *launch,
        "--mixed_precision",
        "no",
        "-m",
        "duologue.cli",
        "train",
        "sft",
        str(rows),
        "--model",
        str(tied_llama),
        "--out",
        str(out),
    ]
    command += ["--validation", str(held_out), "--eval-steps", "2", "--best-metric", "loss", "--log-steps", "1"]
    command += ["--max-steps", "4", "--batch-size", "2", "--precision", "fp32"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((out / "training.json").read_text())
    assert record["finished"]
    assert record["steps"] == 4
    curve = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in curve if "loss" in row] == [1, 2, 3, 4]  # each row once, not once a process
    assert [row["step"] for row in curve if "eval_loss" in row] == [2, 4]
    assert done.stdout.count("4 steps, loss") == 1
    assert (out / "adapter_model.safetensors").exists()
    assert not (out / "checkpoints").exists()
    # Two processes with two examples each see what one process with four sees.
    single = tmp_path / "single"
    alone = ["train", "sft", rows, "--model", tied_llama, "--out", single, "--validation", held_out, "--eval-steps", 2]
    alone += ["--best-metric", "loss", "--log-steps", 1, "--max-steps", 4, "--batch-size", 4, "--precision", "fp32"]
    assert duologue(*alone) == 0
    loss = json.loads((single / "training.json").read_text())["final_loss"]
    assert loss == pytest.approx(record["final_loss"], abs=1e-4)
