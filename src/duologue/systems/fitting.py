"""How a system keeps prompts short enough for its model.

fitting = fit(desk.models["system"], max_new_tokens=64, max_prompt_tokens=None)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from duologue.errors import InputError
from duologue.models.local import LocalModel
from duologue.models.request import Model


class Fit(NamedTuple):
    """How prompts are kept short enough: the most tokens, and how they are counted."""

    max_prompt_tokens: int | None
    count_tokens: Callable[[Any], int] | None


def fit(model: Model, max_new_tokens: int, max_prompt_tokens: int | None) -> Fit:
    """A model in process knows its context, so prompts that leave no room for the answer lose their oldest turns.

    Raises:
        InputError: `max_prompt_tokens` is set, and the model cannot count.
    """
    if isinstance(model, LocalModel):
        loaded = model.loaded
        room = loaded.context if loaded.encoder_decoder else max(loaded.context - max_new_tokens, 1)
        return Fit(min(room, max_prompt_tokens or room), model.count_tokens)
    if max_prompt_tokens is not None:
        raise InputError(
            f"{model.name} does not say how it counts tokens",
            where="--max-prompt-tokens",
            mend="leave it out, or use a model in process (tiny, hf:PATH)",
        )
    return Fit(None, None)
