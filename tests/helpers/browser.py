"""A real Chromium for tests of pages: the system's, headless, without network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; skips where there is none, which under CI fails."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        if os.environ.get("DUOLOGUE_CI"):
            pytest.fail("no Chromium on this machine, which .ci/run installs")
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(path: Path) -> Iterator[Page]:
    """Open a page; whatever it logs or tries to fetch fails the test."""
    odd: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("console", lambda message: odd.append(message.text))
        page.on("pageerror", lambda error: odd.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else odd.append(request.url))
        page.goto(path.as_uri())
        yield page
    assert odd == []
