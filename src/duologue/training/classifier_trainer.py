"""transformers' `Trainer` for a classifier: weighted loss, macro figures at every evaluation, the best weights kept.

trainer = build_classifier_trainer(base, data, folder, options, "fp32", name="train.json")
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    TrainingArguments,
)

from duologue.measures.classification import classification_score
from duologue.models.text_classifier import room_of, token_ids
from duologue.training.arguments import loop_arguments
from duologue.training.base_model import Base
from duologue.training.classifier_data import ClassifierData, LabelledText
from duologue.training.classifier_options import ClassifierOptions
from duologue.training.loop_options import steps_of_an_epoch
from duologue.training.metrics_log import MetricsLog
from duologue.training.order import EpochOrder, OrderedTrainer
from duologue.training.trackers import tensorboard_in


def build_classifier_trainer(
    base: Base, data: ClassifierData, folder: Path, options: ClassifierOptions, precision: str, *, name: str
) -> OrderedTrainer:
    """A trainer of the training part that is evaluated on the validation part.

    Args:
        base: the model with its head, and its tokenizer.
        data: the parts.
        folder: of the result.
        options: of the loop.
        precision: `fp32`, `bf16` or `fp16`.
        name: of the training, for the lines of progress.
    """
    room = room_of(base.model.config, options.max_length)
    columns = {part: _columns(texts, data.labels, base.tokenizer, room) for part, texts in _parts(data).items()}
    lengths = [len(ids) for ids in columns["train"]["input_ids"]]
    weights = (
        class_weights([text.label for text in data.train], data.labels) if options.class_weights != "none" else None
    )
    with tensorboard_in(folder / "tensorboard"):
        trainer = OrderedTrainer(
            model=base.model,
            args=_arguments(folder, options, precision, len(lengths)),
            train_dataset=Dataset.from_dict(columns["train"]),
            eval_dataset=Dataset.from_dict(columns["validation"]),
            processing_class=base.tokenizer,
            data_collator=DataCollatorWithPadding(base.tokenizer),
            compute_loss_func=partial(weighted_loss, weights=weights),
            compute_metrics=partial(_figures, labels=data.labels),
            order=EpochOrder(lengths, options.batch_size, options.seed, by_length=options.group_by_length),
        )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(MetricsLog(folder / "metrics.jsonl", name=name))
    if options.early_stopping is not None:
        trainer.add_callback(EarlyStoppingCallback(options.early_stopping))
    return trainer


def class_weights(given: list[str], labels: list[str]) -> torch.Tensor:
    """Weights by which every class that occurs weighs alike, 1 on average over the texts; shape [labels]."""
    counts = Counter(given)
    even = len(given) / len(counts)
    return torch.tensor([even / counts[label] if counts[label] else 0.0 for label in labels])


def weighted_loss(
    outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None, *, weights: torch.Tensor | None
) -> torch.Tensor:
    """Cross-entropy, summed with the weights of the classes and divided by the number of texts.

    Args:
        outputs: with logits [texts, labels].
        labels: the classes, [texts].
        num_items_in_batch: texts of the whole step, where its batches are accumulated.
        weights: per class, or none.
    """
    own = None if weights is None else weights.to(outputs.logits.device)
    total = cross_entropy(outputs.logits.float(), labels, weight=own, reduction="sum")
    return total / (len(labels) if num_items_in_batch is None else num_items_in_batch)


def _parts(data: ClassifierData) -> dict[str, list[LabelledText]]:
    return {"train": data.train, "validation": data.validation}


def _columns(texts: list[LabelledText], labels: list[str], tokenizer: Any, room: int) -> dict[str, list[Any]]:
    ids = [token_ids(text.text, tokenizer, room) for text in texts]
    return {
        "input_ids": ids,
        "attention_mask": [[1] * len(each) for each in ids],
        "labels": [labels.index(text.label) for text in texts],
    }


def _figures(predicted: Any, *, labels: list[str]) -> dict[str, float]:
    """What stands beside the evaluation loss."""
    logits = predicted.predictions[0] if isinstance(predicted.predictions, tuple) else predicted.predictions
    told = [labels[at] for at in np.asarray(logits).argmax(-1)]
    score = classification_score([labels[at] for at in predicted.label_ids], told, labels)
    names = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
    return {name: getattr(score, name) for name in names}


def _arguments(folder: Path, options: ClassifierOptions, precision: str, examples: int) -> TrainingArguments:
    # Only the best checkpoint at an evaluation can be kept, so the two come together.
    every = options.eval_steps or max(1, steps_of_an_epoch(options, examples, PartialState().num_processes))
    if options.max_steps is not None:
        every = min(every, options.max_steps)
    return TrainingArguments(
        **loop_arguments(folder, options, precision),
        eval_strategy="steps",
        eval_steps=every,
        save_steps=every,
        load_best_model_at_end=True,
        metric_for_best_model="eval_macro_f1",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
    )
