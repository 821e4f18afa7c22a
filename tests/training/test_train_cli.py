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
