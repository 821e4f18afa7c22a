"""The options of decoding, every one by its transformers name, and what makes no sense refused in one line.

    options = DecodingOptions(num_beams=4, length_penalty=0.8)
    Request("Once upon a time", seed=7, **options.request_fields())

| what | options |
|---|---|
| greedy | none |
| sampling | `do_sample`, with `temperature`, `top_k`, `top_p`, `min_p`, `typical_p` |
| beam search | `num_beams`, with `length_penalty`, `early_stopping`; sampled with `do_sample` |
| diverse beam search | `num_beams`, `num_beam_groups`, `diversity_penalty` |
| contrastive search | `penalty_alpha`, `top_k` |

`repetition_penalty`, `no_repeat_ngram_size`, `min_new_tokens` and `max_new_tokens` go with all of them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from duologue.models.request import Decoding

_SAMPLING = ("temperature", "top_p", "min_p", "typical_p")
_BEAMS = ("num_beam_groups", "diversity_penalty", "length_penalty", "early_stopping")


class DecodingOptions(BaseModel):
    """How an answer is decoded; None leaves an option out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do_sample: bool = False
    """Sample; else the most probable continuation is looked for."""
    temperature: float | None = Field(default=None, gt=0)
    """Of sampling; above 1 flattens, below 1 sharpens."""
    top_k: int | None = Field(default=None, ge=1)
    """Sample from so many most probable tokens; of contrastive search, the candidates."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Sample from the most probable tokens that reach this probability together."""
    min_p: float | None = Field(default=None, gt=0, le=1)
    """Sample from tokens at least so probable relative to the most probable one."""
    typical_p: float | None = Field(default=None, gt=0, lt=1)
    """Sample from the tokens nearest to the entropy that reach this probability together."""
    num_beams: int | None = Field(default=None, ge=1)
    """Beams that are searched side by side; 1 is none."""
    num_beam_groups: int | None = Field(default=None, ge=1)
    """Groups of beams that shun one another; 1 is none."""
    diversity_penalty: float | None = Field(default=None, gt=0)
    """What a token loses for each earlier group that has just chosen it."""
    length_penalty: float | None = None
    """Beams are scored by log-probability / length to this power: above 0 favours long answers."""
    early_stopping: Literal["never"] | bool | None = None
    """End with the first `num_beams` finished beams; `never`: only when nothing better can come."""
    penalty_alpha: float | None = Field(default=None, gt=0, lt=1)
    """Contrastive search: the weight of what is there already, against probability."""
    repetition_penalty: float | None = Field(default=None, gt=0)
    """Above 1 makes tokens that were there less probable, prompt included."""
    no_repeat_ngram_size: int | None = Field(default=None, ge=1)
    """No n-gram of this size comes twice, prompt included."""
    min_new_tokens: int | None = Field(default=None, ge=1)
    """Least tokens of one answer."""
    max_new_tokens: int = Field(default=128, ge=1)
    """Most tokens of one answer."""

    @model_validator(mode="after")
    def _make_sense(self) -> DecodingOptions:
        beams, groups = self.num_beams or 1, self.num_beam_groups or 1
        if not self.do_sample:
            self._only_with(_SAMPLING, "do_sample")
            if self.penalty_alpha is None:
                self._only_with(("top_k",), "do_sample or penalty_alpha")
        if beams == 1:
            self._only_with(_BEAMS, "num_beams of 2 or more")
        if groups == 1:
            self._only_with(("diversity_penalty",), "num_beam_groups of 2 or more")
        if groups > 1 and self.do_sample:
            raise ValueError("num_beam_groups goes with no do_sample: diverse beams are searched, not sampled")
        if groups > 1 and self.diversity_penalty is None:
            raise ValueError("num_beam_groups needs a diversity_penalty: without one all groups find the same")
        if beams % groups:
            raise ValueError(f"num_beams must be a multiple of num_beam_groups, found {beams} and {groups}")
        if self.penalty_alpha is not None:
            if self.do_sample or beams > 1:
                other = "do_sample" if self.do_sample else "num_beams"
                raise ValueError(
                    f"penalty_alpha goes with no {other}: contrastive search takes one best token at a time"
                )
            if (self.top_k or 1) < 2:
                raise ValueError("penalty_alpha needs a top_k of 2 or more: the candidates it chooses among")
        if (self.min_new_tokens or 0) > self.max_new_tokens:
            raise ValueError(f"min_new_tokens {self.min_new_tokens} is more than max_new_tokens {self.max_new_tokens}")
        return self

    def _only_with(self, names: tuple[str, ...], needed: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is not None and value is not False and (name, value) != ("num_beam_groups", 1):
                raise ValueError(f"{name} does nothing without {needed}")

    @property
    def in_process_only(self) -> list[str]:
        """The options that are set and that an OpenAI-compatible server cannot do."""
        decoding, ngram = self._decoding(), self.no_repeat_ngram_size
        return [*decoding.names(), *(["no_repeat_ngram_size"] if ngram is not None else [])]

    def request_fields(self) -> dict[str, Any]:
        """The fields of a `Request` that ask for this."""
        return {
            "max_tokens": self.max_new_tokens,
            "temperature": (1.0 if self.temperature is None else self.temperature) if self.do_sample else 0.0,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "no_repeat_ngram": self.no_repeat_ngram_size,
            "decoding": self._decoding(),
        }

    def _decoding(self) -> Decoding:
        def above_one(number: int | None) -> int | None:
            return number if number is not None and number > 1 else None

        return Decoding(
            num_beams=above_one(self.num_beams),
            num_beam_groups=above_one(self.num_beam_groups),
            diversity_penalty=self.diversity_penalty,
            length_penalty=self.length_penalty,
            early_stopping=self.early_stopping or None,
            penalty_alpha=self.penalty_alpha,
            typical_p=self.typical_p,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            min_new_tokens=self.min_new_tokens,
        )
