"""A run's dialogues once more in the published layout: `interference.json`, `situation.json`."""

from __future__ import annotations

import importlib
from pathlib import Path

from duologue.dialogue import read
from duologue.errors import InputError
from duologue.operators.run_folder import DIALOGUES


def write_layout(folder: Path, operator: str, layout: str | None) -> Path | InputError | None:
    """Write `<operator>.json` from a run's `dialogues.jsonl`.

    Returns:
        The file; None where the operator has no published layout; the error where these dialogues do not fit it (such
        as two exchanges in a layout that knows one), in which case an older file is removed.
    """
    if layout is None:
        return None
    path = folder / f"{operator}.json"
    module = importlib.import_module(f"duologue.corpora.{layout.replace('-', '_')}")
    try:
        module.write(path, read(folder / DIALOGUES))
    except InputError as error:
        path.unlink(missing_ok=True)
        return error
    return path
