"""The Slurm recipes: sound shell, and the array they submit gives the bytes of one run.

`sbatch` is stood in for by a script that runs the job at once, once per array index; everything else is the real thing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from samples import write_corpus

RECIPES = Path(__file__).resolve().parents[2] / "recipes" / "slurm"
SCRIPTS = sorted(RECIPES.glob("*.sh"))
SBATCH = """#!/usr/bin/env bash
# Runs a job at once: sbatch --parsable [--array=1-N] [--wrap LINE | SCRIPT ARGS]
set -euo pipefail
echo "$*" >>"$SBATCH_LOG"
array=""
while [[ ${1:-} == --* ]]; do
    case $1 in
        --array=1-*) array=${1#--array=1-} ;;
        --wrap) bash -c "$2" >&2; echo 7; exit ;;
    esac
    shift
done
for index in $(seq 1 "$array"); do SLURM_ARRAY_TASK_ID=$index bash "$@" >&2; done
echo 7
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_they_are_sound_shell(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", str(script)], check=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_without_arguments_they_say_how_they_are_used(script: Path) -> None:
    told = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.startswith("usage: ")


def test_an_array_of_three_gathers_to_one_run(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 10)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("duologue", f'#!/bin/sh\nexec {sys.executable} -m duologue.cli "$@"\n')):
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    given = tmp_path / "backstories.jsonl"
    # No model answers here: every dialogue is rejected for a backstory that belongs to no exchange.
    given.write_text("\n".join(f'{{"id": "MUL{n:04d}", "backstory": "I am ill.", "turn": 5}}' for n in range(10)))
    options = ["interference", str(corpus), "--backstories", str(given), "--model", "openai:none"]
    environment = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "SBATCH_LOG": str(tmp_path / "sbatch")}
    array = [str(RECIPES / "synthesize.sh"), "3", str(tmp_path / "run"), *options]
    subprocess.run(array, check=True, env=environment, capture_output=True, text=True)
    command = [sys.executable, "-m", "duologue.cli", "synthesize", *options, "--out", str(tmp_path / "one")]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("items.jsonl", "rejected.jsonl", "dialogues.jsonl", "interference.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    assert len((tmp_path / "run" / "rejected.jsonl").read_text().splitlines()) == 10
    submitted = (tmp_path / "sbatch").read_text().splitlines()
    assert "--array=1-3" in submitted[0]
    assert "--dependency=afterok:7" in submitted[1]
