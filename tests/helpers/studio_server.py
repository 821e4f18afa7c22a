"""A real `duologue studio` in a process of its own, and visitors of it in a real Chromium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]


class StudioServer:
    """The process; it can be killed and started again on the same port."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.arguments, self.port = folder, arguments, 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it listens."""
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "duologue.cli", "studio", str(self.folder), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, *self.arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        said = []
        while line := self._process.stdout.readline():
            said.append(line)
            if line.startswith("Studio: "):
                self.port = int(line.split(":")[3].split("/")[0])
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        """As a power cut would end it."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)


@contextmanager
def studio_server(folder: Path, *arguments: str) -> Iterator[StudioServer]:
    """A server on a free port, stopped afterwards."""
    server = StudioServer(folder, *arguments)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def looking(browser: Browser, server: StudioServer, **options: object) -> Iterator[Page]:
    """A visitor with cookies of their own: whatever the page logs, or asks of another host, fails the test.

    A server that does not answer is no fault of the page's.
    """
    context = browser.new_context(**options)
    page = context.new_page()
    odd: list[str] = []
    page.on("console", lambda message: odd.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(server.url) else odd.append(request.url))
    yield page
    context.close()
    assert [each for each in odd if "ERR_CONNECTION_REFUSED" not in each] == []


def keep(page: Page, name: str) -> None:
    """A screenshot for people to look at, where DUOLOGUE_SCREENSHOTS names a folder."""
    folder = os.environ.get("DUOLOGUE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
