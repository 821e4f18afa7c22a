"""An adapter back on its base: with the rows of the tokens that were added when it was trained.

tuned = load_adapter("runs/a")               # base model from training.json
tuned.model, tuned.tokenizer
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError
from duologue.training.base_model import Base, load_base, resolve
from duologue.training.quiet import quiet_libraries
from duologue.training.record import read_record


def base_of(adapter: Path) -> str:
    """The spec of the model that an adapter was trained on, from its `training.json`, else from PEFT's own notes.

    Raises:
        InputError: it is not the folder of an adapter.
    """
    from peft import PeftConfig

    if not (adapter / "adapter_config.json").exists():
        raise InputError("there is no adapter_config.json", where=str(adapter), mend="give the folder of an adapter")
    record = read_record(adapter)
    if record is not None:
        return str(record["model"])
    return f"hf:{PeftConfig.from_pretrained(str(adapter)).base_model_name_or_path}"


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
    spec = base or base_of(folder)
    with quiet_libraries():
        loaded = load_base(spec)
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        # The adapter's rows beyond the base's vocabulary need a place; what stands in it is replaced by them.
        if len(tokenizer) > loaded.model.get_input_embeddings().weight.shape[0]:
            loaded.model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        model = PeftModel.from_pretrained(loaded.model, str(folder)).eval()
    return Base(model, tokenizer, resolve(spec))
