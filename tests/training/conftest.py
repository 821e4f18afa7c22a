"""Small models, made once a session."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


from tiny_llama import make_llama


@pytest.fixture(scope="session")
def tied_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("llama") / "tied", tied=True)


@pytest.fixture(scope="session")
def untied_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("llama") / "untied", tied=False)
