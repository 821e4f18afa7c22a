"""The venue databases beside a corpus stage's dialogues."""

from __future__ import annotations

import shutil
from pathlib import Path

from duologue.corpora.venues import Venues, database_files

DATABASES = "databases"


def keep_databases(source: Path, stage: Path) -> None:
    """Copy databases into the folder of a corpus stage.

    Raises:
        InputError: there are none in `source`.
    """
    (stage / DATABASES).mkdir(exist_ok=True)
    for path in database_files(source):
        shutil.copyfile(path, stage / DATABASES / path.name)


def venues_of(stage: Path) -> Venues | None:
    """The databases of a corpus stage; None where it has none."""
    return Venues.load(stage / DATABASES) if (stage / DATABASES).is_dir() else None
