"""Which model an adapter belongs to, so that `hf:ADAPTER` alone can be opened.

base_of(Path("runs/a"))      # the folder or hub name of the model that runs/a was trained on
"""

from __future__ import annotations

import json
from pathlib import Path

from duologue.errors import InputError

TINY = Path(__file__).parent / "tiny"


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a PEFT adapter and no model."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def base_of(folder: Path) -> str:
    """The base's folder or hub name: from our `training.json`, which is right on any machine, else from PEFT's notes.

    Raises:
        InputError: neither says.
    """
    spec = _field(folder / "training.json", "model")
    if spec == "tiny":
        return str(TINY)
    base = (spec or "").removeprefix("hf:") or _field(folder / "adapter_config.json", "base_model_name_or_path")
    if not base:
        raise InputError("nothing says which model it was trained on", where=str(folder), mend="give hf:MODEL+ADAPTER")
    return base


def _field(path: Path, name: str) -> str | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8")).get(name)
    except (OSError, json.JSONDecodeError, AttributeError):
        return None
    return value if isinstance(value, str) else None
