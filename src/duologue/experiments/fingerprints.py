"""What a stage's key says of things outside the run: files, folders, models. A changed file makes its stage stale."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from duologue.errors import InputError
from duologue.experiments.settings import Asking
from duologue.models.spec import open_model


def file_hash(path: Path) -> str:
    """A hash of a file's bytes.

    Raises:
        InputError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), mend="check the recipe") from None
    return digest.hexdigest()


def folder_hash(folder: Path) -> str:
    """A hash of the names and bytes of all files in a folder and below."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = "\n".join(f"{path.relative_to(folder).as_posix()} {file_hash(path)}" for path in files)
    return hashlib.blake2b(listed.encode(), digest_size=16).hexdigest()


def model_fingerprint(spec: str, how: Any = None) -> str:
    """What decides a model's answers, without loading its weights."""
    return open_model(spec, how).fingerprint


def asking_options(settings: Asking, seed: int) -> dict[str, Any]:
    """What decides the result of a stage that asks: options, the texts behind their paths, and the model's weights."""
    paths = [value for name in type(settings).model_fields if isinstance(value := getattr(settings, name), Path)]
    return {
        **settings.model_dump(mode="json"),
        "texts": [folder_hash(path) if path.is_dir() else file_hash(path) for path in paths],
        "seed": seed,
        "weights": model_fingerprint(settings.model, settings.model_options()),
    }
