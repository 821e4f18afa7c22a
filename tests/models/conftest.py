from __future__ import annotations

from collections.abc import Iterator

import pytest
from misbehaving_server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running
