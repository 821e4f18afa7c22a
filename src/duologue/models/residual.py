"""The residual stream of a transformer: its blocks, and hooks that read it or add to it.

    blocks(model)                                        # the list of transformer blocks
    with steered(model, Steering(layer=6, vector=v, strength=4.0)):
        model.generate(…)

Layer n is what the n-th block leaves (layer 0: what goes into the first), as in transformers' `hidden_states`, whose
last one alone is normalised as well. A steering vector is added at every position, the prompt's and the answer's
alike (as in Zou et al. 2023, Representation Engineering), so a row's text does not depend on what else is in its batch,
on padding, or on which part of its prompt was read together with others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError


@dataclass(frozen=True)
class Steering:
    """What is added to the residual stream.

    Attributes:
        layer: after which block, from 1.
        vector: shape [hidden].
        strength: by which it is multiplied; 0 leaves the model as it is.
        name: what it steers to, and from which file, for errors.
    """

    layer: int
    vector: NDArray[np.float32] = field(repr=False)
    strength: float = 1.0
    name: str = ""

    @property
    def fingerprint(self) -> str:
        """What it adds to the fingerprint of a model; nothing with strength 0."""
        if self.strength == 0:
            return ""
        digest = hashlib.blake2b(np.asarray(self.vector, dtype=np.float32).tobytes(), digest_size=8)
        return f" steered {digest.hexdigest()} layer {self.layer} strength {self.strength:g}"


def backbone(model: Any) -> Any:
    """A language model without its head and without PEFT's wrapper."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.base_model


def blocks(model: Any) -> Any:
    """The blocks of a decoder-only model, a `ModuleList` as long as the configuration says.

    Raises:
        InputError: it has none (an encoder-decoder, a model of another kind).
    """
    from torch.nn import ModuleList

    layers = getattr(model.config.get_text_config(decoder=True), "num_hidden_layers", None)
    for module in backbone(model).modules():
        if isinstance(module, ModuleList) and len(module) == layers and not model.config.is_encoder_decoder:
            return module
    raise InputError(
        "its transformer blocks are not found", where=str(model.config.model_type), mend="take a decoder-only model"
    )


def require_fitting(model: Any, steering: Steering) -> None:
    """See that a vector belongs to a model of this size.

    Raises:
        InputError: another width, or no such layer.
    """
    width = model.config.get_text_config(decoder=True).hidden_size
    if len(steering.vector) != width:
        raise InputError(
            f"a steering vector of width {len(steering.vector)}, the model's is {width}",
            where=steering.name,
            mend="fit vectors on this model: duologue train steering",
        )
    if not 1 <= steering.layer <= len(blocks(model)):
        raise InputError(
            f"there is no layer {steering.layer}, the model has {len(blocks(model))}",
            where=steering.name,
            mend="fit vectors on this model: duologue train steering",
        )


@contextmanager
def steered(model: Any, steering: Steering | None) -> Iterator[None]:
    """Within this block the vector is added to what the layer's block leaves; afterwards nothing stays.

    With strength 0, or nothing to add, there is no hook at all.
    """
    if steering is None or steering.strength == 0:
        yield
        return
    require_fitting(model, steering)
    handle = blocks(model)[steering.layer - 1].register_forward_hook(_adding(steering))
    try:
        yield
    finally:
        handle.remove()


def _adding(steering: Steering) -> Any:
    import torch

    added = torch.from_numpy(np.asarray(steering.vector, dtype=np.float64) * steering.strength)

    def hook(module: Any, inputs: Any, output: Any) -> Any:
        stream = output[0] if isinstance(output, tuple) else output
        stream = stream + added.to(stream.device, stream.dtype)
        return (stream, *output[1:]) if isinstance(output, tuple) else stream

    return hook
