"""`duologue --help` stays fast: what it imports, and the processor time it takes."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "pydantic", "datasets", "sklearn", "sentence_transformers", "pandas", "aiohttp")

HELP = ["-m", "duologue.cli", "--help"]


@pytest.mark.parametrize("module", ["duologue", "duologue.cli.main", "duologue.dialogue", "duologue.corpora.formats"])
def test_no_heavy_import(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    """Processor time, the least of three; on a busy machine twenty times a bare interpreter's."""
    bare, help_ = (min(_seconds(arguments) for _ in range(3)) for arguments in (["-c", "pass"], HELP))
    assert help_ < max(0.3, 20 * bare)


def _seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
