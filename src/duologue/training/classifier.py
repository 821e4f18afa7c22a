"""Training a strategy classifier: any encoder or causal model of transformers with a classification head.

    data = divided(row_texts("rows.jsonl", options), options, what="rows.jsonl")
    trained = train_classifier(data, model="hf:roberta-large", out="runs/classifier", options=options)

The folder then holds the model that was best by macro F1 on the validation part, its tokenizer, `metrics.jsonl` (the
curve), `predictions.jsonl` (of the test part) and `training.json` (settings, counts, scores). A training that was
killed goes on from its last whole checkpoint when it is called again with the same settings.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from duologue.dialogue import write_rows
from duologue.errors import MissingExtra
from duologue.measures.classification import ClassificationScore, classification_score
from duologue.models.text_classifier import TextClassifier
from duologue.training.checkpoint import last_whole_checkpoint
from duologue.training.classifier_data import ClassifierData, LabelledText
from duologue.training.classifier_options import ClassifierOptions
from duologue.training.quiet import quiet_libraries
from duologue.training.record import Trained, earlier_training, read_record, write_record
from duologue.training.threads import torch_threads
from duologue.training.trackers import require_trackers

logger = logging.getLogger("duologue")
PREDICTIONS = "predictions.jsonl"


class Prediction(msgspec.Struct, frozen=True):
    """A text of the test part: its label, what it was taken for, and how surely."""

    id: str
    conversation: str
    label: str
    predicted: str
    probability: float


def train_classifier(
    data: ClassifierData,
    *,
    model: str,
    out: str | Path,
    options: ClassifierOptions | None = None,
    name: str = "the training data",
) -> Trained:
    """Train a classification head and all weights below it.

    Args:
        data: texts with labels.
        model: `tiny`, `hf:ORG/NAME`, `hf:PATH` or a folder; its backbone is used, a head of its own is forgotten.
        out: the folder of the result; called again with the same arguments, a finished training is not repeated and
            a stopped one goes on.
        options: see ClassifierOptions.
        name: how errors and the record call the data.

    Raises:
        InputError: no such model, or one that cannot have such a head; or `out` holds a training with other settings.
        MissingExtra: the extra `train` is not installed.
    """
    for package in ("torch", "accelerate", "datasets"):
        if find_spec(package) is None:
            raise MissingExtra("train", "training a classifier")
    options = options or ClassifierOptions()
    require_trackers(options.report_to)
    folder = Path(out)
    with quiet_libraries():
        from duologue.training.base_model import fingerprint

        settings = {
            "model": model,
            "data": name,
            "options": options.model_dump(mode="json"),
            "inputs": {"weights": fingerprint(model), "examples": _digest(data)},
        }
        earlier = earlier_training(folder, settings)
        if earlier is not None and earlier["finished"]:
            return Trained(folder, int(earlier["steps"]), earlier)
        return _train(data, folder, options, settings)


def _train(data: ClassifierData, folder: Path, options: ClassifierOptions, settings: dict[str, Any]) -> Trained:
    from accelerate import PartialState

    from duologue.training.base_model import choose_precision
    from duologue.training.classifier_model import classifier_base
    from duologue.training.classifier_trainer import build_classifier_trainer
    from duologue.training.speed import StepClock, training_card
    from duologue.training.threads import fastest_threads

    started = time.time()
    precision = choose_precision(options.precision)
    base = classifier_base(settings["model"], data.labels, data.special_tokens, options)
    trainer = build_classifier_trainer(base, data, folder, options, precision, name=settings["data"])
    trainer.add_callback(clock := StepClock())
    facts: dict[str, Any] = {
        "started": round(started, 1),
        "precision": precision,
        "labels": data.labels,
        "examples": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
        "added_tokens": len(data.special_tokens),
        "threads": (read_record(folder) or {}).get("threads") or fastest_threads(base.model),
    }
    is_main = PartialState().is_main_process
    if is_main:
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder, settings, finished=False, **facts)
    checkpoint = last_whole_checkpoint(folder / "checkpoints")
    with torch_threads(facts["threads"]):
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    trainer.save_model(str(folder))
    if not is_main:
        return Trained(folder, trainer.state.global_step, {})
    (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle of what training.json says in plain words
    classifier = TextClassifier(trainer.accelerator.unwrap_model(trainer.model), base.tokenizer)
    write_rows(folder / PREDICTIONS, tested := predictions(classifier, data.test))
    scores = {"validation": score_predictions(predictions(classifier, data.validation), data.labels)}
    if tested:
        scores["test"] = score_predictions(tested, data.labels)
    record = write_record(
        folder,
        settings,
        finished=True,
        **facts,
        steps=trainer.state.global_step,
        resumed_at=0 if checkpoint is None else int(checkpoint.name.rpartition("-")[2]),
        best={"metric": "eval_macro_f1", "value": trainer.state.best_metric, "step": trainer.state.best_global_step},
        scores=msgspec.to_builtins(scores),
        seconds=round(time.time() - started, 1),
        speed=msgspec.to_builtins(training_card(trainer, clock, batch_size=options.batch_size)),
    )
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return Trained(folder, trainer.state.global_step, record)


def predictions(classifier: TextClassifier, texts: Sequence[LabelledText]) -> list[Prediction]:
    """What each text is taken for."""
    found = classifier.probabilities([text.text for text in texts])
    return [
        Prediction(text.id, text.conversation, text.label, classifier.labels[row.argmax()], float(row.max()))
        for text, row in zip(texts, found, strict=True)
    ]


def score_predictions(rows: Sequence[Prediction], labels: Sequence[str]) -> ClassificationScore:
    """Accuracy, means over the classes, each class, and the confusion matrix."""
    return classification_score([row.label for row in rows], [row.predicted for row in rows], labels)


def _digest(data: ClassifierData) -> str:
    return hashlib.sha256(msgspec.json.encode(data)).hexdigest()[:16]
