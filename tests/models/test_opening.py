"""A desk from specs: which roles share a model, and what is left when one cannot be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.errors import InputError
from duologue.models import Ledger, open_desk

BASE_URL = "http://127.0.0.1:1/v1"


def test_roles_of_one_spec_share_a_model() -> None:
    specs = {"user": "openai:a", "system": "openai:b", "moderator": "openai:a"}
    desk = open_desk(specs, base_url=BASE_URL)
    assert {role: model.name for role, model in desk.models.items()} == specs
    assert desk.models["user"] is desk.models["moderator"]


def test_a_wrong_spec_leaves_the_ledger_free(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected tiny, openai:NAME"):
        open_desk({"user": "openai:a", "system": "b"}, base_url=BASE_URL, ledger=tmp_path)
    with Ledger(tmp_path) as ledger:
        assert ledger.path.name == "ledger-000.sqlite"
