"""Model specs: what they name, and what is told of one that names nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from duologue.errors import InputError, MissingExtra
from duologue.models import open_model


@pytest.mark.parametrize("spec", ["", "gpt-4", "openai:", "hf:", "replay:", "tiny:2"])
def test_a_wrong_spec_is_told_with_the_right_ones(spec: str) -> None:
    with pytest.raises(InputError, match="expected tiny, openai:NAME, hf:PATH") as error:
        open_model(spec)
    assert error.value.exit_status == 2


def test_the_environment_names_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://there:1/v1")
    assert open_model("openai:m").fingerprint == "openai http://there:1/v1 m"
    assert open_model("openai:m", base_url="http://here:2/v1").fingerprint == "openai http://here:2/v1 m"
    with pytest.raises(InputError, match="expected a URL that begins with http"):
        open_model("openai:m", base_url="there:1/v1")


def test_a_missing_extra_is_told_with_its_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duologue.models.spec.find_spec", lambda name: None)
    for spec in ("tiny", "hf:some/model"):
        with pytest.raises(MissingExtra, match=r"pip install 'duologue\[local\]'"):
            open_model(spec)


def test_the_room_imports_neither_torch_nor_a_web_client() -> None:
    program = """
import sys, duologue.models
heavy = {"torch", "transformers", "aiohttp"} & set(sys.modules)
sys.exit(str(heavy) if heavy else 0)
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr == ""


def test_a_model_in_process_can_be_named_before_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    program = f"""
import sys
from duologue.models import open_model
open_model("hf:{tmp_path}").fingerprint
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr == ""
