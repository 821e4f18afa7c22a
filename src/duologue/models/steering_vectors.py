"""Steering vectors on disk: one direction a strategy, in a safetensors file whose metadata says how they were fitted.

    vectors = read_vectors("vectors.safetensors")
    open_model("hf:PATH", steer="vectors.safetensors:Question", strength=4.0)

`duologue train steering` writes them. A strength of 1 moves a reply by the whole difference between the mean of the
replies that follow the strategy and the mean of those that follow another.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError, MissingExtra
from duologue.files import replacing
from duologue.models.residual import Steering

KIND = "duologue steering vectors"


class SteeringVectors(NamedTuple):
    """Directions in the residual stream of a model.

    Attributes:
        layer: after which block they are added, from 1.
        vectors: strategy -> direction, each of shape [hidden].
        fitted: on which model and data, from how many replies, and `held_out`, the conversations left for judging.
    """

    layer: int
    vectors: dict[str, NDArray[np.float32]]
    fitted: dict[str, Any]

    def steering(self, strategy: str, strength: float, *, file: str | Path = "vectors") -> Steering:
        """What steers to a strategy.

        Raises:
            InputError: there is no vector of that strategy.
        """
        if strategy not in self.vectors:
            raise InputError(
                f"no vector steers to {strategy!r}", where=str(file), mend=f"it has {', '.join(self.vectors)}"
            )
        return Steering(self.layer, self.vectors[strategy], strength, f"{file}:{strategy}")


def write_vectors(path: Path, vectors: SteeringVectors) -> None:
    """Write them, whole or not at all."""
    from safetensors.numpy import save_file

    metadata = {"kind": KIND, "layer": str(vectors.layer), "fitted": json.dumps(vectors.fitted, sort_keys=True)}
    with replacing(path) as part:
        save_file(vectors.vectors, part, metadata=metadata)


def read_vectors(path: str | Path) -> SteeringVectors:
    """Read them.

    Raises:
        InputError: no such file, or not one of ours.
        MissingExtra: safetensors is not installed.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise MissingExtra("local", "steering vectors") from None
    mend = "write one: duologue train steering"
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("kind") != KIND:
                raise InputError("it holds no steering vectors", where=str(path), mend=mend)
            vectors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except (OSError, SafetensorError) as error:
        told = "no such file" if isinstance(error, FileNotFoundError) else f"no safetensors file ({error})"
        raise InputError(told, where=str(path), mend=mend) from None
    return SteeringVectors(int(metadata["layer"]), vectors, json.loads(metadata["fitted"]))


def steering_of(text: str, strength: float) -> Steering:
    """What `FILE:STRATEGY` names.

    Raises:
        InputError: it does not name a file and a strategy, or these are not there.
    """
    file, colon, strategy = text.rpartition(":")
    if not colon or not file or not strategy:
        raise InputError(f"expected FILE:STRATEGY, found {text!r}", where="--steer", mend="name both")
    return read_vectors(file).steering(strategy, strength, file=file)
