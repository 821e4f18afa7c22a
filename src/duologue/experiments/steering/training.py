"""Stages `classifier` and `train`: what recognises strategies, and the adapter that learns to follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Dialogue, read
from duologue.errors import InputError
from duologue.experiments.stages import Work
from duologue.experiments.steering.corpus import CLASSIFIER
from duologue.experiments.steering.settings import ClassifierSettings, SteeringRecipe
from duologue.experiments.trained import facts_of
from duologue.operators.run_folder import DIALOGUES

MODEL = "model"


def classifier(work: Work, settings: ClassifierSettings) -> dict[str, Any]:
    """Train the classifier, or name the one that is given."""
    if settings.path is not None:
        return {"folder": str(Path(settings.path).absolute()), "given": True}
    from duologue.training.classifier import train_classifier
    from duologue.training.classifier_data import dialogue_texts, divided

    taught = settings.learn_from == "taught"
    source = work.inputs["taught"] / DIALOGUES if taught else work.inputs["corpus"] / CLASSIFIER
    options, name = settings.options(), f"the {'taught' if taught else 'gold'} replies"
    data = divided(dialogue_texts(read(source), options), options, what=name)
    done = train_classifier(data, model=settings.base, out=work.folder / MODEL, options=options, name=name)
    told = {key: done.record.get(key) for key in ("examples", "scores", "best", "seconds")}
    return {"folder": MODEL, "given": False, **told}


def train(work: Work, recipe: SteeringRecipe) -> dict[str, Any]:
    """Train the adapter on the taught replies.

    Raises:
        InputError: fewer than two conversations were continued, so none can be held out.
    """
    from duologue.training.sft import train_sft
    from duologue.training.steered_data import steered_data

    settings = recipe.train
    assert settings is not None
    options, source = settings.options(), work.inputs["taught"] / DIALOGUES
    conversations = list(dict.fromkeys(conversation_of(each) for each in read(source)))
    if len(conversations) < 2:
        what = f"{len(conversations)} conversations were continued, and one must be left for the validation loss"
        raise InputError(what, where=str(source.parent), mend="continue more; rejected.jsonl there says what failed")
    held_out = max(1, round(settings.dev_share * len(conversations)))
    split = conversation_splits(conversations, dev=held_out, test=0, seed=recipe.seed)

    def part(name: str) -> Callable[[], Iterable[Dialogue]]:
        return lambda: (each for each in read(source) if split[conversation_of(each)] == name)

    def data(name: str) -> Any:
        return steered_data(part(name), settings.steering(), max_length=options.max_length)

    base = settings.base or recipe.continuation.model
    done = train_sft(
        data("train"),
        model=base,
        out=work.folder / MODEL,
        options=options,
        validation=data("val"),
        data=f"the taught replies ({settings.layout})",
    )
    return facts_of(done, base)
