from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A file's own Chromium; while it runs no other event loop can, so what needs one is asked for before it."""
    with chromium() as opened:
        yield opened
