"""`duologue train dpo|irpo PAIRS --model SPEC --out DIR`: training on preference pairs as they are.

duologue train dpo pairs.jsonl --model runs/sft --out runs/dpo --beta 0.05
duologue train irpo pairs.jsonl --model runs/sft --out runs/irpo
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.cli.train_result import show, without_adapter
from duologue.training.preference_options import DPOOptions, IRPOOptions


def dpo(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    validation: str | None = None,
    full: bool = False,
    options: Annotated[DPOOptions | None, Parameter(name="*")] = None,
) -> None:
    """Direct preference optimisation on pairs: LoRA, QLoRA (--bits 4) or --full.

    A training that was stopped goes on when run again.

    Parameters
    ----------
    data
        JSONL rows of `prompt`, `chosen` and `rejected`, as chat messages or as text.
    model
        The model that is trained, and as it is now the reference: `tiny`, `hf:ORG/NAME`, `hf:PATH`, a folder, or the
        folder of an adapter, which is trained further.
    out
        Folder of the adapter (or model), its tokenizer, `metrics.jsonl` and `training.json`.
    validation
        Pairs of the same kind, for the evaluation loss.
    full
        Train every weight instead of an adapter.
    """
    _train(data, model, out, validation, without_adapter(options or DPOOptions(), full=full))


def irpo(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    validation: str | None = None,
    full: bool = False,
    options: Annotated[IRPOOptions | None, Parameter(name="*")] = None,
) -> None:
    """The same with the likelihood of the chosen replies beside the preference (IRPO).

    Parameters
    ----------
    data
        JSONL rows of `prompt`, `chosen` and `rejected`, as chat messages or as text.
    model
        The model that is trained, and as it is now the reference; see `train dpo`.
    out
        Folder of the adapter (or model), its tokenizer, `metrics.jsonl` and `training.json`.
    validation
        Pairs of the same kind, for the evaluation loss.
    full
        Train every weight instead of an adapter.
    """
    _train(data, model, out, validation, without_adapter(options or IRPOOptions(), full=full))


def _train(data: str, model: str, out: Path, validation: str | None, options: DPOOptions) -> None:
    from duologue.training.preference import train_dpo
    from duologue.training.preference_data import preference_rows

    done = train_dpo(
        preference_rows(data),
        model=model,
        out=out,
        options=options,
        validation=None if validation is None else preference_rows(validation),
        data=data,
    )
    show(done)
