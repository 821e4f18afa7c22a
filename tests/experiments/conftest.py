"""A small base model and a server that obeys, shared by the tests of experiments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


from obliging_server import ObligingServer
from tiny_llama import make_llama


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("base") / "llama")


@pytest.fixture(scope="session")
def server() -> Iterator[ObligingServer]:
    with ObligingServer() as running:
        yield running
