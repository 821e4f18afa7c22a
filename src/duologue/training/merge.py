"""An adapter merged into its base: one model that any library loads without PEFT, checked to answer the same.

merge("runs/a", "runs/a-merged")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from duologue.errors import DuologueError, InputError
from duologue.training.adapter import load_adapter
from duologue.training.quiet import quiet_libraries

TOLERANCE = 1e-3
"""Largest difference of logits, in standard deviations, that counts as rounding (32 bits)."""


class Merged(NamedTuple):
    """Where the merged model is, and how far its logits are from the adapter's (in standard deviations)."""

    folder: Path
    error: float


def merge(adapter: str | Path, out: str | Path, *, base: str | None = None, dtype: str = "float32") -> Merged:
    """Merge an adapter into its 16- or 32-bit base and save model and tokenizer in `out`.

    The merged model is loaded again from disk and its logits on a probe compared with the adapter's. An adapter that
    was trained on a quantised base is merged into the unquantised one, which differs from it by the quantisation.

    Raises:
        InputError: no adapter, no base, or `out` is not empty.
        DuologueError: the merged model answers differently.
    """
    import torch
    from transformers import AutoModelForCausalLM

    folder = Path(out)
    if folder.exists() and any(folder.iterdir()):
        raise InputError("the folder is not empty", where=str(folder), mend="give another --out")
    tuned = load_adapter(adapter, base)
    probe = _probe(tuned.tokenizer)
    with quiet_libraries(), torch.no_grad():
        before = tuned.model(probe).logits
        merged = tuned.model.merge_and_unload()
        _tie_again(merged)
        merged.to(getattr(torch, dtype)).save_pretrained(folder)
        tuned.tokenizer.save_pretrained(folder)
        after = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(probe).logits
    error = float((before - after).abs().max() / before.std())
    allowed = TOLERANCE if dtype == "float32" else 0.2
    if error > allowed:
        raise DuologueError(
            f"the merged model's logits differ by {error:.2g} standard deviations",
            where=str(folder),
            mend="use the adapter",
        )
    return Merged(folder, error)


def _probe(tokenizer: Any) -> Any:
    """A sequence over the whole vocabulary, added tokens included, the same each time."""
    import torch

    size = len(tokenizer)
    generator = torch.Generator().manual_seed(0)
    anywhere = torch.randint(size, (48,), generator=generator)
    newest = torch.arange(max(0, size - 16), size)
    return torch.cat([anywhere, newest]).unsqueeze(0)


def _tie_again(model: Any) -> None:
    """Tied weights that PEFT merged separately become one again, so that only one copy is saved."""
    if model.config.tie_word_embeddings:
        model.tie_weights()
