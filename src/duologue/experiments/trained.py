"""A trained model as its stage tells of it, and as the next stage opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duologue.training.record import Trained

_KEPT = (
    *("steps", "examples", "too_long", "trainable", "parameters", "adapters"),
    *("final_loss", "eval_loss", "best", "seconds", "precision", "speed"),
)


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


def facts_of(done: Trained, base: str) -> dict[str, Any]:
    """What a training stage reports: the figures of its record, and what `spec_of` needs."""
    return {name: done.record.get(name) for name in _KEPT} | {"model": done.folder.name, "base": base}
