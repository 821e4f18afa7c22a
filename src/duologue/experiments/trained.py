"""A trained model as the next stage opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def spec_of(stage: Path, facts: Mapping[str, Any]) -> str:
    """How a trained model is opened: an adapter on its base, or a whole model.

    Args:
        stage: folder of its training stage.
        facts: what that stage reported.
    """
    from duologue.training.base_model import resolve

    folder = stage / facts["model"]  # a given model's path is absolute, and stays so
    if (folder / "adapter_config.json").is_file():
        return f"hf:{resolve(facts['base'])}+{folder}"
    return f"hf:{folder}"
