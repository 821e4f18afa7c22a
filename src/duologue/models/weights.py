"""Weights on disk: where they are, what identifies them, and how they are loaded.

`torch` and `transformers` are imported by `load` alone, so a run that the ledger answers in full needs
neither.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from duologue.errors import InputError, MissingExtra
from duologue.models.four_bits import keep_unpacked

_KINDS = {".json", ".jinja", ".safetensors", ".bin", ".model", ".txt"}
_NOT_THE_MODEL = {"trainer_state.json", "training_args.bin", "optimizer.bin", "scheduler.bin", "training.json"}
_WHOLE = 1 << 30  # files up to this many bytes are hashed whole
_BLOCK = 1 << 20
_RELATIVE = 512  # tokens of an encoder-decoder that names no length


@dataclass(frozen=True)
class Weights:
    """What to load and how.

    Attributes:
        folder: A transformers checkpoint.
        adapter: A PEFT adapter on top of it.
        dtype: torch dtype by name; None is float32 on the CPU, bfloat16 elsewhere.
        load_in: 4 or 8 bits per weight.
        device: torch device; None is a GPU where there is one.
    """

    folder: Path
    adapter: Path | None = None
    dtype: str | None = None
    load_in: int | None = None
    device: str | None = None

    def fingerprint(self) -> str:
        """Identify weights, adapter, tokenizer and template by their bytes, and the arithmetic."""
        digest = hashlib.blake2b(digest_size=16)
        for folder in filter(None, (self.folder, self.adapter)):
            for path in sorted(folder.iterdir()):
                if path.is_file() and path.suffix in _KINDS and path.name not in _NOT_THE_MODEL:
                    _add_file(digest, path)
            digest.update(b"\0next folder\0")
        arithmetic = f"{self.load_in}-bit" if self.load_in else self.dtype or "default"
        return f"local {digest.hexdigest()} {arithmetic}"


def arithmetic_of(fingerprint: str) -> tuple[str | None, int | None]:
    """The dtype and the bits per weight that a fingerprint tells, as they were asked for."""
    told = fingerprint.rpartition(" ")[2]
    bits = told.removesuffix("-bit")
    return (None, int(bits)) if bits != told and bits.isdecimal() else (None if told == "default" else told, None)


@dataclass(frozen=True)
class Loaded:
    """A model and its tokenizer, ready to decode.

    Attributes:
        model: causal or encoder-decoder.
        tokenizer: its own, or the adapter's.
        ends: token ids that end an answer.
        context: most tokens of prompt and answer together; of an encoder-decoder, of each.
    """

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    context: int

    @property
    def encoder_decoder(self) -> bool:
        """Whether prompts go to an encoder (T5, BART)."""
        return bool(self.model.config.is_encoder_decoder)


def find(name: str, what: str = "model") -> Path:
    """Return the folder of a checkpoint: a path, or a name on the Hugging Face hub (cached, when offline).

    Raises:
        InputError: There is none.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        if not any((path / marker).is_file() for marker in ("config.json", "adapter_config.json")):
            raise InputError(
                "expected a folder with a config.json, found none",
                where=str(path),
                mend=f"name the {what}'s folder",
            )
        return path
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise InputError(f"there is no such {what}", where=name, mend="give a folder, or ORG/NAME on the hub")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=[f"*{kind}" for kind in _KINDS if kind != ".bin"]))
    except Exception as error:  # the hub raises a dozen types, from several libraries
        raise InputError(
            f"neither a folder nor a {what} that the hub gives ({type(error).__name__})",
            where=name,
            mend="give a folder, or download it first",
        ) from error


def load(weights: Weights) -> Loaded:
    """Load a language model in eval mode, causal or encoder-decoder.

    A checkpoint's own habits of decoding (a temperature, a penalty) are dropped: what is asked decides.

    Raises:
        InputError: The files are not such a model.
        MissingExtra: An adapter or quantisation needs the extra `train`.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    device = torch.device(weights.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    dtype = getattr(torch, weights.dtype or ("float32" if device.type == "cpu" else "bfloat16"), None)
    if not isinstance(dtype, torch.dtype):
        raise InputError(f"{weights.dtype!r} is no torch dtype", where="dtype", mend="give float32 or bfloat16")
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    if weights.load_in:
        options |= {"quantization_config": _quantization(weights.load_in, dtype), "device_map": {"": device}}
    words = weights.adapter if weights.adapter and _has_tokenizer(weights.adapter) else weights.folder
    try:
        tokenizer = AutoTokenizer.from_pretrained(words, local_files_only=True)
        config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        model = kind.from_pretrained(weights.folder, **options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"not a language model that transformers can load ({first})",
            where=str(weights.folder),
            mend="check the folder",
        ) from error
    if weights.adapter:
        model = _with_adapter(model, tokenizer, weights.adapter, merge=not weights.load_in and dtype.itemsize >= 4)
    if weights.load_in == 4:
        keep_unpacked(model)
    if not weights.load_in:
        model.to(device)
    ends = _ends(model, tokenizer)
    model.generation_config = _without_habits(model)
    return Loaded(model.eval(), tokenizer, ends, _context(model, tokenizer))


def _quantization(bits: int, dtype: Any) -> Any:
    from transformers import BitsAndBytesConfig

    if bits not in (4, 8):
        raise InputError(f"expected 4 or 8 bits, found {bits}", where="load_in", mend="give 4 or 8")
    try:
        import_module("bitsandbytes")
    except ImportError as error:
        raise MissingExtra("train", "loading in 4 or 8 bits") from error
    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_use_double_quant=True,
    )


def _with_adapter(model: Any, tokenizer: Any, adapter: Path, *, merge: bool) -> Any:
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtra("train", "an adapter") from error
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    try:
        adapted = PeftModel.from_pretrained(model, adapter)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"not an adapter of this model ({str(error).strip().splitlines()[0]})",
            where=str(adapter),
            mend="name the model that it was trained on",
        ) from error
    # Merged weights are faster; below 32 bits merging would round the adapter away.
    return adapted.merge_and_unload() if merge and not _on_tied_weight(adapted) else adapted


def _on_tied_weight(model: Any) -> bool:
    """Whether an adapted weight is another module's as well (a tied embedding): merging would change both."""
    from peft.tuners.lora import LoraLayer

    uses = Counter(id(weight) for _, weight in model.named_parameters(remove_duplicate=False))
    return any(uses[id(each.get_base_layer().weight)] > 1 for each in model.modules() if isinstance(each, LoraLayer))


def _has_tokenizer(folder: Path) -> bool:
    return (folder / "tokenizer_config.json").is_file()


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    ends = set(configured if isinstance(configured, list) else [configured])
    return frozenset(ends | {tokenizer.eos_token_id}) - {None}


def _without_habits(model: Any) -> Any:
    """The model's generation config, but for its tokens bare; an encoder-decoder without a start begins with bos."""
    from transformers import GenerationConfig

    names = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
    tokens = {name: getattr(model.generation_config, name, None) for name in names}
    if model.config.is_encoder_decoder and tokens["decoder_start_token_id"] is None:
        configured = getattr(model.config, "decoder_start_token_id", None)
        tokens["decoder_start_token_id"] = tokens["bos_token_id"] if configured is None else configured
    return GenerationConfig(**tokens)


def _context(model: Any, tokenizer: Any) -> int:
    config = model.config.get_text_config(decoder=True)
    # T5's positions are relative: its config names the length of its training (512), or nothing.
    configured = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    if configured is None and model.config.is_encoder_decoder:
        configured = min(tokenizer.model_max_length, _RELATIVE)
    return int(configured or tokenizer.model_max_length)


def as_loaded(model: Any, tokenizer: Any) -> Loaded:
    """A model that is in memory already, as `load` would give it."""
    return Loaded(model, tokenizer, _ends(model, tokenizer), _context(model, tokenizer))


def _add_file(digest: Any, path: Path) -> None:
    """Add a file's name and bytes; of a very large one its size, its time and 64 samples."""
    size = path.stat().st_size
    digest.update(f"{path.name} {size}\n".encode())
    with path.open("rb") as file:
        if size <= _WHOLE:
            while block := file.read(_BLOCK):
                digest.update(block)
            return
        digest.update(json.dumps(path.stat().st_mtime_ns).encode())
        for sample in range(64):
            file.seek(sample * (size - _BLOCK) // 63)
            digest.update(file.read(_BLOCK))
