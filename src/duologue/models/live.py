"""A model that is in memory already, e.g. in the middle of its training, behind the same door as any other.

    model = LiveModel(trainer.model, tokenizer, name="runs/a")
    reply = await model.complete(Request(prompt, max_tokens=64, temperature=0))

Weights in training change, so replies are not to be kept: no ledger. Where they stay as they are, as when one model is
steered in several ways, give the `fingerprint` that identifies them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from duologue.models.kept_prompts import KeptPrompts
from duologue.models.local import LocalModel, fastest_batch
from duologue.models.residual import Steering
from duologue.models.weights import Loaded, as_loaded


class LiveModel(LocalModel):
    """A causal language model in memory and its tokenizer."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str,
        max_batch: int | None = None,
        steering: Steering | None = None,
        fingerprint: str | None = None,
        keep_prompts: bool = False,
    ) -> None:
        """Decode with a model as it is; put it in eval mode before.

        Args:
            model: a transformers causal language model, or PEFT's wrapper around one.
            tokenizer: its tokenizer.
            name: what it is called in errors.
            max_batch: most requests that are decoded together; by default what is fastest.
            steering: what is added to its residual stream while it decodes.
            fingerprint: what identifies its weights, where these do not change.
            keep_prompts: prompts that go on from earlier ones, as the turns of a conversation do, are read from there;
                for as long as this object lives its weights must stay as they are.
        """
        self._set_up(name, max_batch or fastest_batch(model), steering)
        self._kept = KeptPrompts() if keep_prompts else None
        self._live = as_loaded(model, tokenizer)
        self._identity = fingerprint or f"live {id(model)}"

    @cached_property
    def fingerprint(self) -> str:
        """Tells this object from others, and its steering; what it weighs only if that was given."""
        return self._identity + ("" if self._steering is None else self._steering.fingerprint)

    @cached_property
    def loaded(self) -> Loaded:
        """The model and its tokenizer; torch's threads stay as they are."""
        self._batcher.max_batch = self._max_batch or 1
        return self._live
