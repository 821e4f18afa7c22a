"""The fuzz target holds on some thousand inputs, and the harness runs where atheris is installed."""

from __future__ import annotations

import random
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("fuzz_conversation_text.py")


def test_the_target_on_random_inputs() -> None:
    one_input = runpy.run_path(str(HARNESS))["one_input"]
    rng = random.Random(1)
    for _ in range(4000):
        one_input(rng.randbytes(rng.randint(0, 60)))


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is for Linux only")
def test_the_harness_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HARNESS), "-runs=500", "-seed=1"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 500 runs" in done.stderr
