"""Where the real data lies: DUOLOGUE_DATA, or `shared/data` beside the checkout; tests are skipped without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("DUOLOGUE_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DUOLOGUE_DATA")
    return folder
