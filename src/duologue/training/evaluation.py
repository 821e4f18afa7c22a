"""Dialogue metrics in the course of a training: what the trainer asks of whoever can compute them, and how it does.

A trainer knows neither systems nor metrics, so a `DialogueEvaluation` is handed in (`experiments.dev_metrics` makes
them). At every evaluation it gets the model as it is, answers a slice of the development dialogues with it, and returns
figures, which stand beside the loss in `metrics.jsonl`, trackers and checkpoints, and a few dialogues to look at.

    train_sft(..., validation=…, evaluation=DialogueEvaluation(evaluate, metrics=("bleu",), on="val.json, first 20"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.training.options import TuneOptions

Sample = Mapping[str, Any]
"""`{"dialogue": id, "turns": [{"user": …, "response": …, "reference": …}]}`."""


class Evaluated(NamedTuple):
    """Figures by name, and sample dialogues."""

    metrics: Mapping[str, float]
    samples: Sequence[Sample]


Evaluate = Callable[[Any, Any, int], Evaluated]
"""Model (in eval mode, without wrappers), tokenizer and step -> figures and samples."""


@dataclass(frozen=True)
class DialogueEvaluation:
    """How a model is evaluated while it is trained.

    Attributes:
        evaluate: does it.
        metrics: the names of the figures that it always gives, so that a wrong `best_metric` is told at once.
        on: what it is measured on, for the record.
    """

    evaluate: Evaluate
    metrics: tuple[str, ...]
    on: str


class Best(NamedTuple):
    """By which figure the best checkpoint is known (`eval_…`, as the trainer logs it), and in which direction."""

    metric: str
    higher: bool


def best_of(options: TuneOptions) -> Best | None:
    """What decides the best checkpoint: `best_metric`, with early stopping the loss, else nothing."""
    if options.best_metric is None and options.early_stopping is None:
        return None
    name = (options.best_metric or "loss").removeprefix("eval_")
    return Best(f"eval_{name}", higher=not name.endswith(("loss", "perplexity")))


def require_evaluable(options: TuneOptions, *, has_validation: bool, evaluation: DialogueEvaluation | None) -> None:
    """Refuse what would fail at the first evaluation, i.e. after hours.

    Raises:
        InputError: evaluations are asked for and there is nothing to evaluate on, or the best metric is none of them.
    """
    best = best_of(options)
    if not has_validation:
        for option, asked in (("early_stopping", options.early_stopping), ("best_metric", options.best_metric)):
            if asked is not None:
                flag = f"--{option.replace('_', '-')}"
                raise InputError(f"{option} needs validation data", where=flag, mend="give --validation")
        if evaluation is not None:
            raise InputError("dialogue metrics need validation data", where="evaluation", mend="give --validation")
    known = ["loss", "mean_token_accuracy", *(evaluation.metrics if evaluation is not None else ())]
    if best is not None and best.metric.removeprefix("eval_") not in known:
        raise InputError(
            f"there is no metric {options.best_metric!r}", where="--best-metric", mend=f"give one of {', '.join(known)}"
        )


class EvaluatesDialogues:
    """Mixin of a transformers `Trainer`: each evaluation has the dialogue figures beside the loss.

    With several processes the first one evaluates and the others are told, so that all decide alike about stopping.

    Attributes:
        dialogue_evaluation: None computes the loss only.
        samples: of the last evaluation.
    """

    dialogue_evaluation: DialogueEvaluation | None = None
    samples: Sequence[Sample] = ()

    def evaluation_loop(self, *args: Any, metric_key_prefix: str = "eval", **options: Any) -> Any:
        """The trainer's own loop, then the dialogues; whatever logs or compares metrics sees both."""
        trainer: Any = super()
        output = trainer.evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **options)
        if self.dialogue_evaluation is not None:
            figures = self._evaluate_dialogues(self.dialogue_evaluation)
            output.metrics.update({f"{metric_key_prefix}_{name}": value for name, value in figures.items()})
        return output

    def _evaluate_dialogues(self, evaluation: DialogueEvaluation) -> Mapping[str, float]:
        import torch
        from accelerate.utils import broadcast_object_list

        trainer: Any = self
        found: list[Any] = [None]
        if trainer.is_world_process_zero():
            model = trainer.accelerator.unwrap_model(trainer.model)
            was_training = model.training
            model.eval()
            with torch.random.fork_rng():  # the training goes on as if nobody had looked
                evaluated = evaluation.evaluate(model, trainer.processing_class, trainer.state.global_step)
            model.train(was_training)
            self.samples = evaluated.samples
            found = [{name: float(value) for name, value in evaluated.metrics.items()}]
        figures: Mapping[str, float] = broadcast_object_list(found)[0]
        return figures
