"""The reference of preference training: the policy as it was when the training began.

Where a new adapter is put on a model, the reference is that model, i.e. the adapter switched off. Where an adapter that
supervised fine-tuning left is trained further, it is a frozen copy of it, an adapter named `ref` beside it: switching
adapters off would give the base model, which was never taught.

    policy = load_policy("runs/sft", options, precision)      # an adapter, or a whole model
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from duologue.errors import InputError
from duologue.models.adapter_base import base_of, is_adapter
from duologue.training.adapter import trained_on
from duologue.training.base_model import Base, fingerprint, load_base, load_tokenizer, tokenizer_in
from duologue.training.lora_targets import adaptable
from duologue.training.options import TuneOptions
from duologue.training.what_trains import adapted

REFERENCE = "ref"
"""The adapter that TRL takes as the reference, when there is one."""


def adapter_folder(spec: str) -> Path | None:
    """The folder of an adapter that is to be trained further; None where the spec names a whole model."""
    path = Path(spec.removeprefix("hf:").rpartition("+")[2])
    return path if is_adapter(path) else None


def base_spec(spec: str) -> str:
    """The model below an adapter, as a spec; a whole model's own.

    Raises:
        InputError: nothing says what the adapter was trained on.
    """
    adapter = adapter_folder(spec)
    if adapter is None:
        return spec
    return f"hf:{spec.removeprefix('hf:').rpartition('+')[0] or base_of(adapter)}"


def load_policy(spec: str, options: TuneOptions, precision: str) -> Base:
    """Load what is to be trained: a whole model, or an adapter on its base, trainable.

    Args:
        spec: `tiny`, `hf:PATH`, a folder, or an adapter: its folder or `hf:BASE+ADAPTER`.
        options: `bits` and `lora` count here.
        precision: of the computation.

    Raises:
        InputError: there is no such model, or the adapter cannot be trained with these options.
    """
    adapter = adapter_folder(spec)
    if adapter is None:
        return load_base(spec, bits=options.bits, precision=precision)
    from peft import PeftModel

    if options.lora is None:
        raise InputError("an adapter cannot be trained --full", where=spec, mend="merge it first: duologue merge")
    bits = trained_on(adapter).bits
    if bits != options.bits:
        told = "leave --bits out" if bits is None else f"add --bits {bits}"
        raise InputError(f"the adapter was trained on a base in {bits or 32} bits", where=spec, mend=told)
    base = load_base(base_spec(spec), bits=bits, precision=precision)
    tokenizer = tokenizer_in(str(adapter))
    if len(tokenizer) > base.model.get_input_embeddings().weight.shape[0]:
        base.model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    return Base(PeftModel.from_pretrained(base.model, str(adapter), is_trainable=True), tokenizer, base.path)


def policy_modules(model: Any) -> list[str]:
    """The names of all modules that could have an adapter; of a model that has one, those that do."""
    return adapted(model) if hasattr(model, "peft_config") else adaptable(model)


def policy_tokenizer(spec: str) -> Any:
    """The tokenizer of a policy, of the adapter where it is one; it has a pad token.

    Raises:
        InputError: there is no such model.
    """
    adapter = adapter_folder(spec)
    return load_tokenizer(spec) if adapter is None else tokenizer_in(str(adapter))


def policy_fingerprint(spec: str) -> str:
    """What identifies the weights of a policy."""
    from duologue.models.weights import Weights

    adapter = adapter_folder(spec)
    if adapter is None:
        return fingerprint(spec)
    base = Path(base_spec(spec).removeprefix("hf:"))
    return Weights(base, adapter).fingerprint() if base.is_dir() else f"{base} {adapter}"


def copy_to_reference(model: Any) -> None:
    """Make the adapter `ref`, where there is one, equal to the one that trains.

    TRL copies matrices only (`.default.` within a name); rows of new tokens, which an adapter holds too, have it at the
    end, and the reference would not know these tokens.
    """
    if REFERENCE not in getattr(model, "peft_config", {}):
        return
    parameters = dict(model.named_parameters())
    for name, weights in parameters.items():
        other = ".".join(REFERENCE if part == "default" else part for part in name.split("."))
        if other != name:
            parameters[other].data.copy_(weights.data)
