"""A small base model and a server that obeys, shared by the tests of experiments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from obliging_server import ObligingServer
from random_llama import make_random_llama

PLAIN = {"vocabulary": 320, "special": (), "template": None, "context": 256, "spread": 0.02}


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("base") / "llama", **PLAIN)


@pytest.fixture(scope="session")
def server() -> Iterator[ObligingServer]:
    with ObligingServer() as running:
        yield running
