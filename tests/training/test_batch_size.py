"""`--find-batch-size` in a process whose memory really ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from random_llama import make_random_llama

from duologue.errors import InputError
from duologue.training import SFTOptions
from duologue.training.batch_size import with_largest_batch
from duologue.training.metrics_file import read_metrics

SCRIPT = Path(__file__).parents[1] / "helpers" / "short_of_memory.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA")
def test_a_real_out_of_memory_halves_the_batch_and_keeps_the_step(tmp_path: Path) -> None:
    model = make_random_llama(tmp_path / "llama", vocabulary=320, special=(), template=None, spread=0.02)
    for name, megabytes in (("plenty", 0), ("little", 300)):
        command = [sys.executable, str(SCRIPT), "train", str(model), str(tmp_path / name), str(megabytes), "64"]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert ("out of memory; batches of 32, 2 to a step" in done.stderr) == (name == "little")
    plenty, little = (json.loads((tmp_path / name / "training.json").read_text()) for name in ("plenty", "little"))
    assert plenty["batch_size"] == plenty["speed"]["largest_batch"] == 64
    assert 1 <= little["batch_size"] <= 32
    assert little["speed"]["largest_batch"] == little["batch_size"]
    assert little["speed"]["memory_mb"] < plenty["speed"]["memory_mb"]
    # The same examples in each step, so the same losses.
    losses = [[row["loss"] for row in read_metrics(tmp_path / name / "metrics.jsonl")] for name in ("plenty", "little")]
    assert len(losses[0]) == 2
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_step_is_kept_and_other_errors_are_not_taken_for_memory(tmp_path: Path) -> None:
    options = SFTOptions(batch_size=4, accumulate=2, find_batch_size=True)
    tried = []

    def fits_two(fitted: SFTOptions) -> str:
        tried.append((fitted.batch_size, fitted.accumulate))
        if fitted.batch_size > 2:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory")
        return "done"

    assert with_largest_batch(fits_two, options, tmp_path) == "done"
    assert tried == [(8, 1), (4, 2), (2, 4)]
    tried.clear()
    assert with_largest_batch(fits_two, options, tmp_path, known=2) == "done"  # a stopped training had found it
    assert tried == [(2, 4)]

    def never(fitted: SFTOptions) -> str:
        raise MemoryError

    with pytest.raises(InputError, match="not even one example"):
        with_largest_batch(never, options, tmp_path)

    def broken(fitted: SFTOptions) -> str:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        with_largest_batch(broken, options, tmp_path)
