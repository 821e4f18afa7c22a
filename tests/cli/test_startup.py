"""`duologue --help` stays fast by what it does not import; `benchmarks/startup.py` measures the time."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "pydantic", "datasets", "sklearn", "sentence_transformers", "pandas", "aiohttp")


@pytest.mark.parametrize("module", ["duologue", "duologue.cli.main", "duologue.dialogue", "duologue.corpora.formats"])
def test_no_heavy_import(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
