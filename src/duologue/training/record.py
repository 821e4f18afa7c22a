"""`training.json`: what was trained, with which settings, versions and seeds, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.files import write_json

RECORD = "training.json"
_PACKAGES = ("duologue", "torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "tokenizers")


class Trained(NamedTuple):
    """What a training left: the folder, the steps done, and the record that stands in `training.json`."""

    folder: Path
    steps: int
    record: dict[str, Any]


def settings_hash(settings: dict[str, Any]) -> str:
    """A hash of what decides the weights: two trainings with one hash are the same training."""
    # These change the pace of looking, not the weights.
    options = {key: value for key, value in settings["options"].items() if key not in ("keep_checkpoints", "report_to")}
    text = json.dumps({**settings, "options": options}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a folder, None where there is none (or only half of one, which a crash left)."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    return record


def earlier_training(folder: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The record of a training that `folder` holds already, None where it holds none.

    Raises:
        InputError: it holds one with other settings.
    """
    earlier = read_record(folder)
    if earlier is not None and earlier["settings_hash"] != settings_hash(settings):
        raise InputError(
            "it holds a training with other settings or data",
            where=str(folder),
            mend="give another --out, or remove it",
        )
    return earlier


def write_record(folder: Path, settings: dict[str, Any], *, finished: bool, **facts: Any) -> dict[str, Any]:
    """Write the record whole or not at all, and return it."""
    record = {
        "finished": finished,
        "settings_hash": settings_hash(settings),
        **settings,
        **facts,
        "versions": versions(),
        "machine": {"python": platform.python_version(), "platform": platform.platform(), "cpus": os.cpu_count()},
    }
    write_json(folder / RECORD, record)
    return record


def versions(packages: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """Installed versions of what decides the result; a package that is not there is left out."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
