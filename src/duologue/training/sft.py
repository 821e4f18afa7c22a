"""Supervised fine-tuning of any language model, with LoRA, whole or from scratch: causal models on TRL's SFTTrainer,
encoder-decoder models on transformers' Seq2SeqTrainer.

    trained = train_sft(row_data("rows.jsonl"), model="tiny", out="runs/a", options=SFTOptions(max_steps=100))

The folder then holds the adapter (or the model) with its tokenizer, `metrics.jsonl` (the curve) and `training.json`
(settings, versions, seeds, counts, speed card). A training that was killed goes on from its last whole checkpoint when
it is called again with the same settings, and its curve, dialogue metrics included, is then the same, byte for byte.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.errors import MissingExtra
from duologue.training.batch_size import with_largest_batch
from duologue.training.checkpoint import CHECKPOINTS
from duologue.training.data import Encode
from duologue.training.evaluation import DialogueEvaluation, require_evaluable
from duologue.training.examples import Rows, to_rows
from duologue.training.optimizers import require_optimizer
from duologue.training.options import SFTOptions
from duologue.training.pairs import pair_rows, require_responses_only
from duologue.training.quiet import quiet_libraries
from duologue.training.record import Trained, earlier_training
from duologue.training.thinking import settle_thinking
from duologue.training.trackers import require_trackers
from duologue.views.tokens import Tokens

logger = logging.getLogger("duologue")


def train_sft(
    encode: Encode,
    *,
    model: str,
    out: str | Path,
    options: SFTOptions | None = None,
    validation: Encode | None = None,
    evaluation: DialogueEvaluation | None = None,
    special_tokens: Iterable[str] = (),
    data: str = "the training data",
    instruction: str | None = None,
) -> Trained:
    """Fine-tune `model` and save it in `out`.

    Args:
        encode: makes the training examples, given the tokenizer.
        model: `tiny`, `hf:ORG/NAME`, `hf:PATH` or a folder.
        out: the folder of the result; called again with the same arguments, a finished training is not repeated and
            a stopped one goes on.
        options: see SFTOptions.
        validation: makes the examples of the evaluation loss.
        evaluation: dialogue metrics beside that loss, computed on development dialogues (never on the test's).
        special_tokens: tokens to add to the tokenizer where it lacks them.
        data: how errors and the record call the data.
        instruction: what stands before every history, for the record: to be asked with as well.

    Raises:
        InputError: no usable examples, no such model, or `out` holds a training with other settings.
        MissingExtra: TRL or PEFT is not installed.
    """
    for package in ("torch", "trl", "peft"):
        if find_spec(package) is None:
            raise MissingExtra("train", "training")
    options = options or SFTOptions()
    require_evaluable(options, has_validation=validation is not None, evaluation=evaluation)
    require_trackers(options.report_to)
    folder = Path(out)
    with quiet_libraries():
        require_optimizer(options.optimizer)
        prepared = _prepare(encode, validation, special_tokens, model, options, data)
        settings = {
            "model": model,
            "data": data,
            "options": options.model_dump(mode="json"),
            "inputs": {"weights": prepared.weights, "examples": prepared.digest},
        } | ({} if instruction is None else {"instruction": instruction})
        if evaluation is not None:
            settings["evaluation"] = evaluation.on
        earlier = earlier_training(folder, settings)
        if earlier is not None and earlier["finished"]:
            return Trained(folder, int(earlier["steps"]), earlier)

        def attempt(fitted: SFTOptions) -> Trained:
            return _train(prepared, folder, fitted, settings, evaluation)

        if options.find_batch_size:
            known = (earlier or {}).get("batch_size")
            return with_largest_batch(attempt, options, folder / CHECKPOINTS, known=known)
        return attempt(options)


class _Prepared(NamedTuple):
    """What is trained on, before the model is loaded: the tokenizer with its new tokens, and the examples."""

    tokenizer: Any
    added: list[int]
    rows: Rows
    held_out: Rows | None
    weights: str

    @property
    def digest(self) -> str:
        """A hash of every token and label."""
        columns = [self.rows.columns, self.held_out.columns if self.held_out else None]
        return hashlib.sha256(msgspec.json.encode(columns)).hexdigest()[:16]


def _prepare(
    encode: Encode,
    validation: Encode | None,
    special_tokens: Iterable[str],
    model: str,
    options: SFTOptions,
    data: str,
) -> _Prepared:
    from duologue.training.base_model import fingerprint, load_config, load_tokenizer
    from duologue.training.special_tokens import add_tokens

    tokenizer = load_tokenizer(model)
    added = add_tokens(tokenizer, special_tokens) if options.markers == "special" else []
    seq2seq = load_config(model).is_encoder_decoder
    if seq2seq:
        require_responses_only(options)

    def rows(examples: Iterable[Tokens], what: str) -> Rows:
        if seq2seq:
            return pair_rows(examples, tokenizer, max_length=options.max_length, what=what)
        return to_rows(examples, loss=options.loss, max_length=options.max_length, what=what)

    trained = rows(encode(tokenizer), data)
    held_out = None if validation is None else rows(validation(tokenizer), f"validation of {data}")
    if trained.too_long:
        logger.warning("%d examples are longer than %d tokens and left out", len(trained.too_long), options.max_length)
    settle_thinking(tokenizer, trained)
    return _Prepared(tokenizer, added, trained, held_out, fingerprint(model))


def _train(
    prepared: _Prepared,
    folder: Path,
    options: SFTOptions,
    settings: dict[str, Any],
    evaluation: DialogueEvaluation | None = None,
) -> Trained:
    from duologue.training.base_model import choose_precision, fresh_base, load_base
    from duologue.training.carry_out import carry_out
    from duologue.training.lora_targets import adaptable
    from duologue.training.packing import pack, require_isolation
    from duologue.training.special_tokens import fit_embeddings
    from duologue.training.trainer import build_trainer

    started = time.time()
    precision = choose_precision(options.precision)
    if options.from_scratch:
        base = fresh_base(settings["model"], seed=options.seed)
    else:
        base = load_base(settings["model"], bits=options.bits, precision=precision)
    base = base._replace(tokenizer=prepared.tokenizer)
    fit_embeddings(base.model, base.tokenizer, prepared.added)
    rows, held_out = prepared.rows, prepared.held_out
    if options.packing:
        require_isolation(base.model, rows, options.max_length)
        rows = pack(rows, options.max_length)
        held_out = None if held_out is None else pack(held_out, options.max_length)
    facts: dict[str, Any] = {
        "precision": precision,
        "examples": len(prepared.rows),
        "rows": len(rows),
        "too_long": rows.too_long,
        "added_tokens": len(prepared.added),
    }
    possible = adaptable(base.model)
    trainer = build_trainer(base, rows, held_out, prepared.added, folder, options, precision, name=settings["data"])
    trainer.dialogue_evaluation = evaluation
    return carry_out(trainer, folder, options, settings, facts, possible=possible, started=started)
