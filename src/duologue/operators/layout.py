"""A run's dialogues once more in the published layout: `interference.json`, `situation.json`."""

from __future__ import annotations

from pathlib import Path

from duologue.corpora import formats
from duologue.dialogue import read
from duologue.errors import InputError
from duologue.operators.run_folder import DIALOGUES


def write_layout(folder: Path, operator: str, layout: str | None) -> Path | InputError | None:
    """Write `<operator>.json` from a run's `dialogues.jsonl`.

    Returns:
        The file; None where the operator has no published layout; the error where these dialogues do not fit it (they
        are of another kind than MultiWOZ), in which case an older file is removed.
    """
    if layout is None:
        return None
    path = folder / f"{operator}.json"
    try:
        formats.write(path, read(folder / DIALOGUES), layout)
    except InputError as error:
        path.unlink(missing_ok=True)
        return error
    return path
