"""A visitor of the studio's pages of runs, and what stands on them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.testclient import TestClient
from studio_project import HOST

from duologue.studio.app import make_app
from duologue.studio.studio import open_studio


@contextmanager
def client_of(root: Path) -> Iterator[TestClient]:
    """A visitor of a studio over a folder."""
    with open_studio(root) as studio:
        yield TestClient(make_app(studio), base_url=HOST)


def shown(client: TestClient, page: str, status: int = 200, **query: Any) -> str:
    answer = client.get(f"/runs/{page}?{urlencode(query, doseq=True)}")
    assert answer.status_code == status, answer.text
    return answer.text


def links(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'href="(/runs/[^"]*)"', page)]


def cards(page: str) -> list[str]:
    return re.findall(r"<strong>(.*?)</strong>", page)


def lines_of(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr><td class="number">(\d+)</td>', page)]
