"""An adapter back on its base: with the rows of the tokens that were added when it was trained.

tuned = load_adapter("runs/a")               # base model from training.json
tuned.model, tuned.tokenizer
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError
from duologue.models.adapter_base import base_of, is_adapter
from duologue.training.base_model import Base, load_base, resolve
from duologue.training.quiet import quiet_libraries


def load_adapter(adapter: str | Path, base: str | None = None) -> Base:
    """Load a base model in 32 bits with an adapter on it, and the tokenizer that was saved with the adapter.

    Args:
        adapter: folder of the adapter.
        base: another place of the base model; by default the one it was trained on.

    Raises:
        InputError: no adapter, or its base is not there.
    """
    from peft import PeftModel
    from transformers import AutoTokenizer

    folder = Path(adapter)
    if not is_adapter(folder):
        raise InputError("there is no adapter_config.json", where=str(folder), mend="give the folder of an adapter")
    spec = base or f"hf:{base_of(folder)}"
    with quiet_libraries():
        loaded = load_base(spec)
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        # The adapter's rows beyond the base's vocabulary need a place; what stands in it is replaced by them.
        if len(tokenizer) > loaded.model.get_input_embeddings().weight.shape[0]:
            loaded.model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        model = PeftModel.from_pretrained(loaded.model, str(folder)).eval()
    return Base(model, tokenizer, resolve(spec))
