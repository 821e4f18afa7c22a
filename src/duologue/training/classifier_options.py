"""Every option of training a strategy classifier: the command line's help is made of it.

ClassifierOptions(learning_rate=1e-4, context=2, class_weights="balanced")
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from duologue.corpora.strategy_labels import Several
from duologue.training.loop_options import LoopOptions


class ClassifierOptions(LoopOptions):
    """Options of a training of a text classifier; the defaults are the published classifier's where it names them."""

    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    """Peak learning rate."""
    epochs: Annotated[float, Field(gt=0)] = 5.0
    """Passes over the data; `max_steps` goes before it."""
    batch_size: Annotated[int, Field(ge=1)] = 16
    """Examples a device takes at once."""
    eval_steps: Annotated[int | None, Field(ge=1)] = None
    """Steps between two evaluations; None evaluates after every epoch."""
    max_length: Annotated[int, Field(ge=8)] = 512
    """Most tokens of a text; longer ones lose their beginning."""
    context: Annotated[int, Field(ge=0)] = 0
    """Turns before the reply that the classifier reads too."""
    speaker_tokens: bool = False
    """Mark each turn with a new special token of its speaker (`<seeker>`, `<supporter>`)."""
    label: Literal["strategy", "action"] = "strategy"
    """What is told apart: strategies of support, or actions (ask back, answer) of labelled system turns."""
    several: Several = "first"
    """What a turn with several strategies counts as: its first or last one, an example for each, or nothing."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced`: a class weighs the more the rarer it is, so that all together weigh alike."""
    early_stopping: Annotated[int | None, Field(ge=1)] = 10
    """Stop after so many evaluations without a better macro F1; None goes on to the end."""
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of the conversations held out to choose the weights by, where no validation data are given."""
    test_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the conversations held out for the final figures, where no test data are given."""

    @model_validator(mode="after")
    def _leaves_some_to_learn_from(self) -> ClassifierOptions:
        if self.validation_share + self.test_share >= 1:
            raise ValueError("validation_share and test_share leave nothing to learn from")
        return self
