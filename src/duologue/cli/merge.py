"""`duologue merge ADAPTER --out DIR`: an adapter merged into its base model, checked to answer the same."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def merge(
    adapter: Path,
    *,
    out: Path,
    base: str | None = None,
    into: Literal["auto", "saved", "dequantised"] = "auto",
    dtype: Literal["float32", "bfloat16", "float16"] = "float32",
    push_to_hub: str | None = None,
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
    into
        The base as it is saved, or as a QLoRA training saw it: packed into 4 or 8 bits and unpacked. `auto` is the one
        that the adapter was trained on.
    dtype
        Precision of the saved weights.
    push_to_hub
        ORG/NAME of a repository on the Hugging Face hub to upload the result to; private where it is new.
    """
    from duologue.training.merge import merge as merge_adapter
    from duologue.training.merge import push
    from duologue.training.same_answers import PROMPTS

    merged = merge_adapter(adapter, out, base=base, into=into, dtype=dtype)
    compared = merged.compared
    print(
        f"{merged.folder}: merged into the {merged.into} base; logits differ by at most {compared.difference:.1e}, "
        f"{compared.same} of {PROMPTS} greedy answers are equal"
    )
    if push_to_hub is not None:
        print(f"pushed to {push(merged.folder, push_to_hub)}")
