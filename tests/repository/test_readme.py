"""Every command in the README runs: in order, in an empty folder with an empty HOME."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_server import commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
STUDIO = re.findall(r"```console\n(.*?)```", README, re.S)
COMMANDS = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]


def test_the_make_targets_exist() -> None:
    targets = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert targets == ["demo", "demos", "test"]
    make = shutil.which("make")
    assert make is not None
    for target in targets:
        subprocess.run([make, "--dry-run", target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.slow
def test_every_other_command_runs(tmp_path: Path) -> None:
    (work := tmp_path / "work").mkdir()
    ran = [command for command in COMMANDS if not command.startswith("make ")]
    assert len(ran) >= 12
    with commands(tmp_path / "bin") as ready:
        said = {}
        for command in ran:
            done = subprocess.run(command, shell=True, cwd=work, env=ready, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            said[command] = done.stdout
        assert (work / "runs/smoke/report.html").stat().st_size > 10_000
        smoke = next(text for command, text in said.items() if command.endswith("--out runs/smoke"))
        assert smoke.splitlines()[-1] == "in the studio: duologue studio runs/smoke"
        with serving("duologue studio runs/smoke", work, ready) as get:
            assert "synthesize" in get("runs/run?path=.")
        (studio,) = STUDIO
        with serving(studio.strip(), work, ready) as get:
            assert "Chitchat in the middle of a task" in get("")
            assert "chitchat" in get("projects/chitchat")
            assert "smoke" in get("runs")
            assert "hf:smoke/stages/" in get("chat/choices")


@contextmanager
def serving(command: str, work: Path, environment: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """A studio that a command starts, on a free port; its pages by their paths."""
    program, *arguments = command.split()
    assert program == "duologue"
    started = [sys.executable, "-m", "duologue.cli", *arguments, "--port", "0"]
    with subprocess.Popen(started, cwd=work, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("Studio: ").strip()
        yield lambda path: urllib.request.urlopen(address + path, timeout=60).read().decode()
        process.terminate()


def test_every_recipe_resolves() -> None:
    from duologue.experiments.recipe import load_recipe, shipped_recipes

    assert all(recipe.is_relative_to(ROOT / "recipes") for recipe in shipped_recipes())
    for recipe in shipped_recipes():
        assert load_recipe(str(recipe), ()).name
