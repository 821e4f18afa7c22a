"""Whether an optimiser can be had here, before anything is loaded."""

from __future__ import annotations

from duologue.errors import InputError


def require_optimizer(name: str) -> None:
    """Refuse an unknown optimiser, and a paged one where there is no GPU whose memory could be paged.

    bitsandbytes would go on without paging and only warn.

    Raises:
        InputError: it cannot be had.
    """
    import torch
    from transformers.training_args import OptimizerNames

    names = sorted(each.value for each in OptimizerNames)
    if name not in names:
        raise InputError(f"no optimiser {name!r}", where="--optimizer", mend=f"give one of {', '.join(names)}")
    if "paged" in name and not (torch.cuda.is_available() or torch.xpu.is_available()):
        raise InputError(
            f"{name} pages a GPU's memory, and there is none", where="--optimizer", mend="give adamw_torch here"
        )
