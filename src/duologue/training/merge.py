"""An adapter merged into its base: one model that any library loads without PEFT, checked to answer the same.

    merge("runs/a", "runs/a-merged")                       # into the base as it is saved
    merge("runs/q", "runs/q-merged")                       # QLoRA: into the base unpacked from its 4 bits
    merge("runs/q", "runs/q-merged", into="saved")         # into the unquantised base, which the adapter never saw

An adapter that was trained on a quantised base has learnt to correct its rounding too. So by default it is merged into
that base, unpacked again; merged into the unquantised one it answers differently from what was trained
(artidoro/qlora issues 28 and 29, huggingface/peft issue 2501).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from duologue.errors import DuologueError, InputError
from duologue.training.adapter import BaseAs, load_adapter, trained_on
from duologue.training.quiet import quiet_libraries
from duologue.training.same_answers import PROMPTS, TOLERANCE, Answers, Compared, answers, compare, prompts

Into = Literal["auto", "saved", "dequantised"]
_ROUNDED = 0.2
"""Largest difference of logits for weights saved in 16 bits, in standard deviations of the logits."""


class Merged(NamedTuple):
    """Where the merged model is, into what it was merged, and how far the saved model is from the adapter."""

    folder: Path
    into: str
    compared: Compared


def merge(
    adapter: str | Path,
    out: str | Path,
    *,
    base: str | None = None,
    into: Into = "auto",
    dtype: Literal["float32", "bfloat16", "float16"] = "float32",
) -> Merged:
    """Merge an adapter into its base and save model (safetensors) and tokenizer, added tokens included, in `out`.

    The merged model is loaded again from disk, and its logits and greedy answers are compared with those of the adapter
    on its base: on the packed one where it is merged into the unpacked one (with 8 bits the unpacked one there too,
    because LLM.int8 rounds activations as well).

    Args:
        adapter: its folder.
        out: an empty folder, or none yet.
        base: another place of the base model.
        into: the base as it is `saved`, or as it was trained on, `dequantised`; `auto` is the one it was trained on.
        dtype: of the saved weights; the merging itself is done in 32 bits.

    Raises:
        InputError: no adapter, no base, or `out` is not empty.
        DuologueError: the merged model answers differently.
    """
    import torch

    folder, source = Path(out), Path(adapter)
    if folder.exists() and any(folder.iterdir()):
        raise InputError("the folder is not empty", where=str(folder), mend="give another --out")
    bits = trained_on(source).bits
    base_as: BaseAs = ("saved" if bits is None else "dequantised") if into == "auto" else into
    tuned = load_adapter(source, base, base_as=base_as)
    asked = prompts(tuned.tokenizer)
    with quiet_libraries():
        if base_as == "dequantised" and bits == 4:
            before = answers(load_adapter(source, base, base_as="quantised").model, asked)
        else:
            before = answers(tuned.model, asked)
        merged = tuned.model.merge_and_unload()
        if merged.config.tie_word_embeddings:
            merged.tie_weights()  # PEFT merges the two copies apart; only one is saved
        exact = compare(before, answers(merged, asked))
        _require(exact.difference <= TOLERANCE and exact.same == PROMPTS, exact, source)
        merged.to(getattr(torch, dtype)).save_pretrained(folder)
        tuned.tokenizer.save_pretrained(folder)
        compared = compare(before, _reloaded(type(merged), folder, asked))
    rounded = dtype != "float32"
    fits = compared.difference <= (_ROUNDED * compared.deviation if rounded else TOLERANCE)
    _require(fits and (rounded or compared.same == PROMPTS), compared, folder)
    return Merged(folder, base_as, compared)


def push(folder: Path, name: str) -> str:
    """Upload a merged model to the hub, private where the repository is new; return its address.

    Raises:
        DuologueError: the hub cannot be reached, or refuses.
    """
    from huggingface_hub import HfApi

    try:
        hub = HfApi()
        repository = hub.create_repo(name, private=True, exist_ok=True)
        hub.upload_folder(repo_id=repository.repo_id, folder_path=folder)
    except Exception as error:  # a dozen types, of several libraries
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DuologueError(
            f"the model could not be pushed ({reason})",
            where=name,
            mend=f"it is whole in {folder}; check the name, the connection and `hf auth login`",
        ) from error
    return str(repository)


def _reloaded(kind: type[Any], folder: Path, asked: list[list[int]]) -> Answers:
    import torch

    return answers(kind.from_pretrained(folder, dtype=torch.float32).eval(), asked)


def _require(fits: bool, compared: Compared, where: Path) -> None:
    """Refuse a merged model that answers otherwise than the adapter."""
    if not fits:
        raise DuologueError(
            f"the merged model answers differently: logits differ by up to {compared.difference:.2g}, "
            f"{compared.same} of {PROMPTS} greedy answers are equal",
            where=str(where),
            mend="use the adapter as it is, hf:ADAPTER",
        )
