"""`respond --find-batch-size` in a process whose memory really ends: smaller batches, the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from random_llama import make_random_llama

SCRIPT = Path(__file__).parents[1] / "helpers" / "short_of_memory.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA")
def test_a_real_out_of_memory_halves_the_batch_and_loses_no_answer(tmp_path: Path) -> None:
    model = make_random_llama(tmp_path / "llama", vocabulary=320, special=(), template=None, spread=0.02)
    results = []
    for megabytes in (0, 100):
        out = tmp_path / f"{megabytes}.json"
        command = [sys.executable, str(SCRIPT), "answer", str(model), str(out), str(megabytes), "512"]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        results.append(json.loads(out.read_text()))
    plenty, little = results
    assert plenty["largest"] == 512
    assert 1 <= little["largest"] <= 256
    assert little["answers"] == plenty["answers"]
