"""What there is below a folder: recipes and trainings by their files' names, dialogues and rows by their first lines.

found = find(place)
found.runs[0].path, found.dialogues, found.trainings, found.rows
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.experiments.run_folder import RECIPE
from duologue.experiments.stages import BEGUN, DONE, STAGES
from duologue.studio.place import OWN, Place
from duologue.studio.runs.lines import BROKEN

METRICS = "metrics.jsonl"
_LONGEST = 1 << 20
_DEEPEST = 12
_PASSED = (OWN, "ledgers", "ledger")


class Found(NamedTuple):
    """Paths from the studio's folder, sorted."""

    runs: list[str]
    dialogues: list[str]
    trainings: list[str]
    rows: list[str]

    def of_no_run(self) -> Found:
        """What lies outside of all runs."""
        return Found([], *([path for path in paths if not self._in_a_run(path)] for paths in self[1:]))

    def _in_a_run(self, path: str) -> bool:
        return any(run == "." or path.startswith(f"{run}/") for run in self.runs)


class StageSeen(NamedTuple):
    """A stage of a run: its name, whether it is finished, seconds it took, and what it says of itself."""

    name: str
    finished: bool
    seconds: float | None
    facts: dict[str, Any]


def find(place: Place) -> Found:
    """Look through the folder; links are not followed."""
    found = Found([], [], [], [])
    for path in files_below(place.root):
        name, relative = path.name, str(path.relative_to(place.root))
        if name == RECIPE and (path.parent / STAGES).is_dir():
            found.runs.append(str(path.parent.relative_to(place.root)))
        elif name == METRICS:
            found.trainings.append(str(path.parent.relative_to(place.root)))
        elif path.suffix == ".jsonl" and path.stat().st_size:
            (found.dialogues if _has_dialogues(path) else found.rows).append(relative)
    for each in found:
        each.sort()
    return found


def stages(run: Path) -> list[StageSeen]:
    """The stages that have begun, in the order in which they did."""
    seen = []
    for begun in sorted((run / STAGES).rglob(BEGUN), key=lambda path: path.stat().st_mtime):
        told = _json(begun.parent / DONE)
        name = str(begun.parent.relative_to(run / STAGES))
        facts = told.get("facts", told)
        seconds = told.get("seconds")
        seen.append(StageSeen(name, bool(told), seconds if isinstance(seconds, int | float) else None, facts))
    return seen


def files_below(root: Path) -> Iterator[Path]:
    """Every file but the studio's own and ledgers'; links are not followed."""
    for folder, folders, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = [] if depth >= _DEEPEST else sorted(each for each in folders if each not in _PASSED)
        yield from (path for each in sorted(files) if not (path := Path(folder) / each).is_symlink())


def _json(path: Path) -> dict[str, Any]:
    try:
        told = {} if path.is_symlink() else msgspec.json.decode(path.read_bytes())
    except (OSError, *BROKEN):
        return {}
    return told if isinstance(told, dict) else {}


class _Spoken(msgspec.Struct):
    speaker: str
    text: str


class _Talk(msgspec.Struct):
    id: str
    turns: list[_Spoken]


def _has_dialogues(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(msgspec.json.decode(file.readline(_LONGEST), type=_Talk).turns)
    except (OSError, *BROKEN):
        return False
