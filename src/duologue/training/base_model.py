"""Loading what is to be trained: a language model, causal or encoder-decoder, whole or in 4 or 8 bits, or begun anew.

base = load_base("tiny")                       # the embedded model
base = load_base("hf:meta-llama/Llama-2-7b-hf", bits=4)
base = fresh_base("hf:google/flan-t5-small", seed=1)     # its configuration and tokenizer, new weights
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from duologue.errors import InputError
from duologue.models.four_bits import keep_unpacked


class Base(NamedTuple):
    """A model with its tokenizer, and the folder or hub name it came from."""

    model: Any
    tokenizer: Any
    path: str


def resolve(spec: str) -> str:
    """The folder or hub name of a model spec (`tiny`, `hf:PATH`) or of a plain folder.

    Raises:
        InputError: it names a server, an adapter or nothing.
    """
    if spec == "tiny":
        from duologue.models.adapter_base import TINY

        return str(TINY)
    if spec.startswith("hf:"):
        path = spec.removeprefix("hf:")
    elif Path(spec).is_dir():
        path = spec
    else:
        raise InputError(
            f"'{spec}' cannot be trained",
            where="--model",
            mend="give tiny, hf:ORG/NAME, hf:PATH or the folder of a model",
        )
    if "+" in path or (Path(path) / "adapter_config.json").exists():
        raise InputError(
            f"'{spec}' is an adapter", where="--model", mend="merge it first: duologue merge ADAPTER --out DIR"
        )
    return path


def load_base(spec: str, *, bits: Literal[4, 8] | None = None, precision: str = "fp32") -> Base:
    """Load a model for training.

    Weights stay in 32 bits and the computation is autocast to `precision`, so that small updates are not rounded
    away; with `bits` they are quantised (NF4 with double quantisation, or LLM.int8) and only an adapter is trained.

    Raises:
        InputError: there is no such model, or it is no language model.
    """
    import torch

    path = resolve(spec)
    tokenizer = load_tokenizer(spec)
    try:
        model = _model_class(load_config(spec)).from_pretrained(
            path, dtype=_dtype(bits, precision), quantization_config=_quantisation(bits, precision, torch)
        )
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the model cannot be loaded ({reason})", where=spec, mend="check --model") from error
    if bits == 4:
        keep_unpacked(model, training=True)
    return Base(model, tokenizer, path)


def fresh_base(spec: str, *, seed: int) -> Base:
    """A model of this configuration with new weights in 32 bits, drawn by `seed`, and the tokenizer as it is.

    Raises:
        InputError: there is no such model, or it is no language model.
    """
    import torch
    from transformers import GenerationConfig, set_seed

    path = resolve(spec)
    set_seed(seed)
    try:
        config = load_config(spec)
        model = _model_class(config).from_config(config, dtype=torch.float32)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the model cannot be made ({reason})", where=spec, mend="check --model") from error
    with suppress(OSError):  # where it stops; a folder may have none
        model.generation_config = GenerationConfig.from_pretrained(path)
    return Base(model, load_tokenizer(spec), path)


def load_config(spec: str) -> Any:
    """A model's configuration.

    Raises:
        InputError: there is no such model.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(resolve(spec))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the model cannot be loaded ({reason})", where=spec, mend="check --model") from error


def _model_class(config: Any) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def load_tokenizer(spec: str) -> Any:
    """Load a model's tokenizer; it has a pad token then.

    Raises:
        InputError: there is no such model.
    """
    return tokenizer_in(resolve(spec), where=spec)


def tokenizer_in(path: str, *, where: str | None = None) -> Any:
    """Load the tokenizer of a folder, a model's or an adapter's, or of a hub name; it has a pad token then.

    Raises:
        InputError: there is none.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"the tokenizer cannot be loaded ({reason})", where=where or path, mend="check --model"
        ) from error
    if tokenizer.pad_token is None:
        # Pads carry the label that the loss ignores, so that they equal the end token does no harm here.
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def fingerprint(spec: str) -> str:
    """What identifies the weights: their bytes where they lie in a folder, else the name on the hub."""
    from duologue.models.weights import Weights

    path = Path(resolve(spec))
    return Weights(path).fingerprint() if path.is_dir() else str(path)


def _dtype(bits: int | None, precision: str) -> Any:
    import torch

    return torch.bfloat16 if bits is not None and precision == "bf16" else torch.float32


def _quantisation(bits: int | None, precision: str, torch: Any) -> Any:
    if bits is None:
        return None
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    compute = torch.bfloat16 if precision == "bf16" else torch.float32
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=compute
    )


def choose_precision(asked: str) -> str:
    """What `auto` means here: bf16 on a GPU or a CPU that multiplies it in hardware, else fp32."""
    import torch

    if asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"
