"""An adapter back on its base: with the rows of the tokens that were added when it was trained.

tuned = load_adapter("runs/a")                             # on the base as it is saved, in 32 bits
tuned = load_adapter("runs/q", base_as="quantised")        # a QLoRA adapter on what it was trained on
tuned = load_adapter("runs/q", base_as="dequantised")      # the same weights, unpacked
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from duologue.errors import InputError
from duologue.models.adapter_base import base_of, is_adapter
from duologue.training.base_model import Base, load_base, resolve
from duologue.training.quiet import quiet_libraries
from duologue.training.record import read_record

BaseAs = Literal["saved", "quantised", "dequantised"]
"""The base's weights: as they are saved, packed into 4 or 8 bits as in the training, or packed and unpacked again."""


class Trained(NamedTuple):
    """How an adapter's base was loaded when it was trained."""

    bits: Literal[4, 8] | None
    precision: str


def trained_on(adapter: Path) -> Trained:
    """How the base was loaded, by the training's record; an adapter without one had it whole."""
    record = read_record(adapter) or {}
    return Trained(record.get("options", {}).get("bits"), record.get("precision", "fp32"))


def load_adapter(adapter: str | Path, base: str | None = None, *, base_as: BaseAs = "saved") -> Base:
    """Load a base model with an adapter on it, and the tokenizer that was saved with the adapter; all in 32 bits.

    Args:
        adapter: folder of the adapter.
        base: another place of the base model; by default the one it was trained on.
        base_as: which weights of the base.

    Raises:
        InputError: no adapter, its base is not there, or it was not trained on a quantised one.
    """
    from peft import PeftModel
    from transformers import AutoTokenizer

    folder = Path(adapter)
    if not is_adapter(folder):
        raise InputError("there is no adapter_config.json", where=str(folder), mend="give the folder of an adapter")
    spec = base or f"hf:{base_of(folder)}"
    with quiet_libraries():
        model = _base(folder, spec, base_as)
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        # The adapter's rows beyond the base's vocabulary need a place; what stands in it is replaced by them.
        if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
            model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        model = PeftModel.from_pretrained(model, str(folder)).eval()
    return Base(model, tokenizer, resolve(spec))


def _base(adapter: Path, spec: str, base_as: BaseAs) -> Any:
    import torch

    if base_as == "saved":
        return load_base(spec).model
    bits, precision = trained_on(adapter)
    if bits is None:
        raise InputError(
            "the adapter was not trained on a quantised base", where=str(adapter), mend="merge it into the saved one"
        )
    # What is packed depends on the precision it is packed from, so that is the training's.
    model = _in_32_bits(load_base(spec, bits=bits, precision=precision).model)
    return model.dequantize(dtype=torch.float32) if base_as == "dequantised" else model


def _in_32_bits(model: Any) -> Any:
    """Whatever is not packed in 32 bits, and packed weights unpacked to and computed with 32 bits."""
    import torch

    for module in model.modules():
        if hasattr(module, "compute_dtype"):
            module.compute_dtype = torch.float32
            module.weight.quant_state.dtype = torch.float32
    for weights in (*model.parameters(), *model.buffers()):
        if weights.dtype in (torch.float16, torch.bfloat16):
            weights.data = weights.data.float()
    return model
