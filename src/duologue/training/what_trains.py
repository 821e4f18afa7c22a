"""Which part of a model a training changes, counted on the model itself and not on what was asked for.

told = what_trains(trainer.model)
print(told)       # adapters on model.layers.*.self_attn.{q,k,v,o}_proj; 8,192 of 1,245,184 parameters train (0.658 %)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from duologue.errors import DuologueError
from duologue.training.lora_targets import collapse


class WhatTrains(NamedTuple):
    """What changes in a training.

    Attributes:
        adapters: modules with an adapter, repeated blocks put together; empty when every weight trains.
        trainable: parameters that train.
        parameters: all there are, adapters included; quantised ones count as many as they stand for.
    """

    adapters: list[str]
    trainable: int
    parameters: int

    def __str__(self) -> str:
        share = f"{100 * self.trainable / self.parameters:.3g} %"
        what = f"adapters on {', '.join(self.adapters)}" if self.adapters else "no adapter"
        return f"{what}; {self.trainable:,} of {self.parameters:,} parameters train ({share})"


def what_trains(model: Any, possible: list[str]) -> WhatTrains:
    """Look at a model that is about to train.

    Args:
        model: with its adapter, if any.
        possible: the names of all modules that could have one.
    """
    if not hasattr(model, "get_nb_trainable_parameters"):
        weights = list(model.parameters())
        return WhatTrains([], sum(each.numel() for each in weights if each.requires_grad), _size(weights))
    trainable, parameters = model.get_nb_trainable_parameters()
    return WhatTrains(collapse(adapted(model), of=possible), trainable, parameters)


def require_adapters(model: Any, expected: list[str]) -> None:
    """Make sure that the adapters sit where they were meant to, and nowhere else.

    Raises:
        DuologueError: PEFT put them elsewhere.
    """
    found = adapted(model)
    if set(found) != set(expected):
        odd = ", ".join(sorted(set(found) ^ set(expected))[:5])
        raise DuologueError(f"PEFT did not follow --lora.targets at {odd}", mend="please report this")


def adapted(model: Any) -> list[str]:
    """The names, in the base model, of the modules that have an adapter."""
    from peft.tuners.lora import LoraLayer

    base = model.get_base_model()
    return [name for name, module in base.named_modules() if isinstance(module, LoraLayer)]


def _size(weights: list[Any]) -> int:
    return sum(each.numel() for each in weights)
