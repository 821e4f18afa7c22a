"""`duologue merge ADAPTER --out DIR`: an adapter merged into its base model, checked to answer the same."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def merge(
    adapter: Path,
    *,
    out: Path,
    base: str | None = None,
    dtype: Literal["float32", "bfloat16", "float16"] = "float32",
) -> None:
    """Merge an adapter into its base, and check that the merged model answers as the adapter does.

    Parameters
    ----------
    adapter
        Folder of the adapter.
    out
        Folder of the merged model; must be empty.
    base
        Another place of the base model; by default the one the adapter was trained on.
    dtype
        Precision of the saved weights.
    """
    from duologue.training.merge import merge as merge_adapter

    merged = merge_adapter(adapter, out, base=base, dtype=dtype)
    print(f"{merged.folder}: logits differ by {merged.error:.1e} standard deviations")
