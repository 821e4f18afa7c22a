"""The shipped folder: an ordinary Llama checkpoint in bf16 with its tokenizer, loadable by plain `from_pretrained`.

export(state, SHAPE, Path("src/duologue/models/tiny"))
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from scripts.tiny.network import Shape
from scripts.tiny.tokenizer import BEGIN, END, PAD, SPECIAL


def export(state: dict[str, Tensor], shape: Shape, folder: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write `config.json`, `generation_config.json` and `model.safetensors` (tied embeddings, in `dtype`)."""
    folder.mkdir(parents=True, exist_ok=True)
    begin, end, pad = (SPECIAL.index(token) for token in (BEGIN, END, PAD))
    ids = {"bos_token_id": begin, "eos_token_id": end, "pad_token_id": pad}
    sizes = shape.asdict()
    theta = sizes.pop("rope_theta")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **sizes,
        "rope_theta": theta,
        "rope_parameters": {"rope_theta": theta, "rope_type": "default"},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "tie_word_embeddings": True,
        "use_cache": True,
        "dtype": "bfloat16",
        **ids,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    generation = {**ids, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n", encoding="utf-8")
    weights = {name: value.to(dtype).contiguous() for name, value in state.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # save_file makes it private
