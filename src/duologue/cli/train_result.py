"""What the commands of `duologue train` have in common: `--full`, and the lines about what came of it."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from pydantic import ValidationError

from duologue.errors import InputError, explain
from duologue.models.speed_card import SpeedCard
from duologue.training.options import TuneOptions
from duologue.training.record import Trained

Options = TypeVar("Options", bound=TuneOptions)


def without_adapter(options: Options, *, full: bool) -> Options:
    """The options with every weight trained, where `--full` says so.

    Raises:
        InputError: something else among them asks for an adapter.
    """
    if not full:
        return options
    try:
        return type(options)(**{**options.model_dump(), "lora": None})
    except ValidationError as error:
        raise InputError(explain(error), where="--full", mend="leave one of them out") from None


def show(done: Trained) -> None:
    """Steps, loss and speed; only the first of several processes has them."""
    loss = done.record.get("eval_loss", done.record.get("final_loss"))
    if done.record:
        print(f"{done.folder}: {done.steps} steps, loss {loss:.3f}, {done.record['seconds']} s")
        print(msgspec.convert(done.record["speed"], SpeedCard).line())
