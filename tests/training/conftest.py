"""Small models, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_llama import make_random_llama

PLAIN = {"vocabulary": 320, "special": (), "template": None, "context": 256, "spread": 0.02}


@pytest.fixture(scope="session")
def tied_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama") / "tied", tied=True, **PLAIN)


@pytest.fixture(scope="session")
def untied_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama") / "untied", tied=False, **PLAIN)


@pytest.fixture(scope="session")
def chat_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a chat template."""
    return make_random_llama(tmp_path_factory.mktemp("llama") / "chat", context=256, spread=0.02)
