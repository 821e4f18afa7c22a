"""Stages `taught` and `continue/CONDITION`: replies by a strategy, to train on and to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duologue.dialogue import read
from duologue.experiments.operating import Operating
from duologue.experiments.steering.conditions import TRAIN, Condition
from duologue.experiments.steering.corpus import TEST
from duologue.experiments.steering.corpus import TRAIN as TRAIN_CONVERSATIONS
from duologue.experiments.steering.settings import ContinuationSettings, TaughtSettings
from duologue.operators.continuation import CONTINUATION
from duologue.operators.rehearsal import Part


def taught(settings: TaughtSettings, seed: int) -> Operating:
    """Continue the training conversations."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [Part("", read(inputs["corpus"] / TRAIN_CONVERSATIONS), settings.options())]

    return Operating(CONTINUATION, settings, parts, seed)


def continued(settings: ContinuationSettings, condition: Condition, seed: int) -> Operating:
    """Continue the test conversations; the same pairs of point and strategy in every condition."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [Part("", read(inputs["corpus"] / TEST), settings.options(condition.layout))]

    return Operating(CONTINUATION, settings, parts, seed, trained=TRAIN if condition.tuned else None)
