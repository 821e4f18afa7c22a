"""Launch files of accelerate: whole configurations, and FSDP's tried with two processes on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file
from toy_act import act_options, toy_roller
from toy_pairs import toy_pairs

from duologue.dialogue import read_rows
from duologue.training.act import train_act
from duologue.training.metrics_file import read_metrics
from duologue.training.rollout_log import Rolled

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "recipes" / "accelerate"


@pytest.mark.parametrize(("name", "kind"), [("fsdp", "FSDP"), ("zero3", "DEEPSPEED")])
def test_accelerate_takes_the_file(name: str, kind: str) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(FOLDER / f"{name}.yaml"))
    assert config.distributed_type == kind
    assert config.mixed_precision == "no"  # or it would go before --precision
    assert "gradient_clipping" not in config.deepspeed_config  # or another --max-grad-norm would be refused
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert f"recipes/accelerate/{name}.yaml" in (FOLDER / f"{name}.yaml").read_text()
    assert written.get("deepspeed_config", {"zero_stage": 3})["zero_stage"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["full", "lora"])
def test_two_processes_with_spread_weights_train_as_one(mode: str, chat_llama: Path, tmp_path: Path) -> None:
    out = _in_two_processes(mode, chat_llama, tmp_path)
    parts = [json.loads((tmp_path / f"two.{rank}.json").read_text())["parts"] for rank in (0, 1)]
    assert parts[0] == parts[1] > 0
    rows = [list(read_rows(out / name, Rolled)) for name in ("rollouts.jsonl", "rollouts-1.jsonl")]
    assert [len(each) for each in rows] == [8, 8]
    full: dict[str, Any] = {"lora": None, "learning_rate": 1e-3} if mode == "full" else {}
    options = act_options(4, batch_size=4, group_by_length=False, **full)
    with toy_roller(options.sampling) as roll:
        train_act(toy_pairs(), roll, model=str(chat_llama), out=tmp_path / "one", options=options)
    alone = list(read_rows(tmp_path / "one" / "rollouts.jsonl", Rolled))
    first = {row.id: row.rollouts for row in alone if row.step == 0}
    assert first == {row.id: row.rollouts for each in rows for row in each if row.step == 0}
    losses = [[row["loss"] for row in read_metrics(tmp_path / name / "metrics.jsonl")] for name in ("one", "two")]
    assert losses[1][0] == pytest.approx(losses[0][0], abs=1e-4)
    file = "model.safetensors" if mode == "full" else "adapter_model.safetensors"
    one, two = (load_file(tmp_path / name / file) for name in ("one", "two"))
    assert all(one[name].shape == two[name].shape for name in one)
    # A tied head may be written out beside its twin.
    assert all(torch.equal(two[name], two["model.embed_tokens.weight"]) for name in two.keys() - one.keys())


@pytest.mark.slow
def test_a_process_without_a_simulation_holds_nobody_up(chat_llama: Path, tmp_path: Path) -> None:
    out = _in_two_processes("uneven", chat_llama, tmp_path)
    lengths = [
        [len(rollout.turns) for row in read_rows(out / name, Rolled) for rollout in row.rollouts]
        for name in ("rollouts.jsonl", "rollouts-1.jsonl")
    ]
    assert max(lengths[0]) > 1
    assert lengths[1] == [1] * 8


def _in_two_processes(mode: str, model: Path, folder: Path) -> Path:
    """Train, and give the folder of the result."""
    out = folder / "two"
    script = [str(ROOT / "tests" / "helpers" / "fsdp_on_cpu.py"), str(model), str(out)]
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(FOLDER / "fsdp.yaml")]
    launch += ["--num_processes", "2", "--main_process_port", "0"]
    done = subprocess.run(
        [*launch, *script, mode], env=_environment(), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def _environment() -> dict[str, str]:
    here = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(ROOT / "tests" / "helpers")])
    return {**os.environ, "PYTHONPATH": here}
