"""The files around the code: the Dockerfile and shell scripts are clean, every pin is honoured."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is part of the dev extra"
    return found


def test_the_dockerfile_is_clean() -> None:
    subprocess.run([tool("hadolint"), str(ROOT / "Dockerfile")], check=True)


@pytest.mark.parametrize("script", [ROOT / ".ci/run", *sorted(ROOT.glob("**/*.sh"))], ids=lambda path: path.name)
def test_shell_scripts_are_clean(script: Path) -> None:
    if ".venv" not in script.parts:
        subprocess.run([tool("shellcheck"), str(script)], check=True)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {canonical(re.split(r"[\[<>=~! ]", dependency)[0]) for dependency in wanted} - {"duologue"}
    pinned = {canonical(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    assert names <= pinned, f"not in constraints.txt: {sorted(names - pinned)}"


def test_what_is_installed_is_what_is_pinned() -> None:
    for line in (ROOT / "constraints.txt").read_text().split():
        name, pin = line.split("==")
        try:
            installed = version(name).partition("+")[0]
        except PackageNotFoundError:
            continue
        assert installed == pin, f"{name} {installed} is installed, constraints.txt says {pin}"


def test_the_citation_names_all_five_systems() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    titles = " ".join(reference["title"] for reference in citation["references"])
    for name in ("Chitchat as Interference", "Emotional Support", "JSALT", "Learning to Clarify", "ConvoGen"):
        assert name in titles
