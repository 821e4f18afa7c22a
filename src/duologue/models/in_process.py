"""A model in this process, whose weights a command looks into: hidden states, attention, perplexity.

loaded = open_in_process("hf:PATH", dtype="float32").loaded
"""

from __future__ import annotations

from duologue.errors import InputError
from duologue.models.local import LocalModel
from duologue.models.spec import open_model


def open_in_process(
    spec: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    load_in: int | None = None,
    where: str = "--model",
) -> LocalModel:
    """Open `tiny` or `hf:PATH[+ADAPTER]`; a decoder-only model.

    Args:
        spec: of the model.
        device: torch device.
        dtype: torch dtype.
        load_in: 4 or 8 bits per weight.
        where: what names the model, for messages.

    Raises:
        InputError: a server, a replay or an encoder-decoder, into which nobody can look.
        MissingExtra: models in process need the extra `local`.
    """
    model = open_model(spec, device=device, dtype=dtype, load_in=load_in)
    if not isinstance(model, LocalModel):
        raise InputError(f"{spec} cannot be looked into", where=where, mend="take tiny or hf:PATH")
    if model.loaded.encoder_decoder:
        raise InputError(f"{spec} is an encoder-decoder", where=where, mend="take a decoder-only model")
    return model
