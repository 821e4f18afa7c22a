"""Training on preference pairs as they are: DPO, and IRPO with the likelihood of what is chosen beside it.

    trained = train_dpo(preference_rows("pairs.jsonl"), model="runs/sft", out="runs/dpo", options=DPOOptions())

The folder then holds what `train_sft` leaves: adapter or model, tokenizer, `metrics.jsonl`, `training.json`. A killed
training goes on when it is called again with the same settings.
"""

from __future__ import annotations

import hashlib
import logging
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.errors import MissingExtra
from duologue.training.evaluation import DialogueEvaluation, require_evaluable
from duologue.training.optimizers import require_optimizer
from duologue.training.options import TuneOptions
from duologue.training.preference_data import EncodePairs, PreferenceRows, to_preference_rows
from duologue.training.preference_options import DPOOptions
from duologue.training.quiet import quiet_libraries
from duologue.training.record import Trained, earlier_training
from duologue.training.trackers import require_trackers

logger = logging.getLogger("duologue")


class Prepared(NamedTuple):
    """Pairs as rows, and what decides the weights, for the record."""

    rows: PreferenceRows
    held_out: PreferenceRows | None
    settings: dict[str, Any]


def train_dpo(
    encode: EncodePairs,
    *,
    model: str,
    out: str | Path,
    options: DPOOptions | None = None,
    validation: EncodePairs | None = None,
    evaluation: DialogueEvaluation | None = None,
    data: str = "the pairs",
) -> Trained:
    """Fine-tune `model` on pairs and save it in `out`.

    Args:
        encode: makes the pairs, given the tokenizer (`preference_rows`, `pair_examples`).
        model: `tiny`, `hf:ORG/NAME`, `hf:PATH`, a folder, or an adapter, which is then trained further. It is the
            reference, too: give the model that supervised fine-tuning left.
        out: the folder of the result; a finished training is not repeated, a stopped one goes on.
        options: see DPOOptions; with `sft_weight` it is IRPO.
        validation: makes the pairs of the evaluation loss.
        evaluation: figures of conversations beside that loss.
        data: how errors and the record call the pairs.

    Raises:
        InputError: no usable pair, no such model, or `out` holds a training with other settings.
        MissingExtra: TRL or PEFT is not installed.
    """
    options = options or DPOOptions()
    require_training(options, has_validation=validation is not None, evaluation=evaluation)
    folder, started = Path(out), time.time()
    with quiet_libraries():
        prepared = prepare(encode, validation, model, options, data, evaluation)
        earlier = earlier_training(folder, prepared.settings)
        if earlier is not None and earlier["finished"]:
            return Trained(folder, int(earlier["steps"]), earlier)

        from duologue.training.base_model import choose_precision
        from duologue.training.carry_out import carry_out
        from duologue.training.preference_trainer import build_pair_trainer
        from duologue.training.reference import load_policy, policy_modules

        precision = choose_precision(options.precision)
        base = load_policy(model, options, precision)
        possible = policy_modules(base.model)
        trainer = build_pair_trainer(base, prepared.rows, prepared.held_out, folder, options, precision, name=data)
        trainer.dialogue_evaluation = evaluation
        facts = {"precision": precision, "examples": len(prepared.rows), "too_long": prepared.rows.too_long}
        return carry_out(trainer, folder, options, prepared.settings, facts, possible=possible, started=started)


def require_training(options: TuneOptions, *, has_validation: bool, evaluation: DialogueEvaluation | None) -> None:
    """See that a training with these options can begin at all.

    Raises:
        InputError: what would fail at the first evaluation; an optimiser or tracker that is not there.
        MissingExtra: TRL or PEFT is not installed.
    """
    for package in ("torch", "trl", "peft"):
        if find_spec(package) is None:
            raise MissingExtra("train", "training")
    require_evaluable(options, has_validation=has_validation, evaluation=evaluation)
    require_trackers(options.report_to)
    require_optimizer(options.optimizer)


def prepare(
    encode: EncodePairs,
    validation: EncodePairs | None,
    model: str,
    options: DPOOptions,
    data: str,
    evaluation: DialogueEvaluation | None,
) -> Prepared:
    """Tokenise the pairs, and say what decides the weights."""
    from duologue.training.reference import adapter_folder, base_spec, policy_fingerprint, policy_tokenizer

    tokenizer = policy_tokenizer(model)

    def rows(pairs: EncodePairs, what: str) -> PreferenceRows:
        return to_preference_rows(pairs(tokenizer, options.max_length), max_length=options.max_length, what=what)

    trained = rows(encode, data)
    held_out = None if validation is None else rows(validation, f"validation of {data}")
    if trained.too_long:
        logger.warning("%d pairs are longer than %d tokens and left out", len(trained.too_long), options.max_length)
    columns = [trained.columns, held_out.columns if held_out else None]
    settings = {
        "model": base_spec(model),  # below what is saved
        "data": data,
        "method": type(options).__name__.removesuffix("Options").lower(),
        "options": options.model_dump(mode="json"),
        "inputs": {
            "weights": policy_fingerprint(model),
            "examples": hashlib.sha256(msgspec.json.encode(columns)).hexdigest()[:16],
        },
    }
    if adapter_folder(model) is not None:
        settings["adapter"] = model
    if evaluation is not None:
        settings["evaluation"] = evaluation.on
    return Prepared(trained, held_out, settings)
