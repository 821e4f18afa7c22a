"""Searching a batch: beams, sampled and diverse beams, contrastive search, through transformers' `generate`.

Rows that ask for the same search go together, padded on the left. Beam search is transformers' own; the others are ours
(`diverse_beam`, `contrastive`), as `custom_generate` callables. What `decoding.decode` is for a token after another,
this is for whole continuations; both give `Decoded`.

    search(model, rows, Search(Decoding(num_beams=4)), tokenizer=tokenizer, ends=frozenset({2}))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
    StopStringCriteria,
)

from duologue.models.decoding import Cancelled, Decoded, Row
from duologue.models.generation.contrastive import contrastive_search
from duologue.models.generation.diverse_beam import diverse_beam_search
from duologue.models.memory import padded
from duologue.models.repetition import Ngrams
from duologue.models.request import Decoding


@dataclass(frozen=True)
class Search:
    """A search that rows may share; what `Row` says of sampling and limits counts as well.

    Attributes:
        decoding: beams or contrastive search.
        answers: how many of the best continuations each row gets.
    """

    decoding: Decoding
    answers: int = 1


@torch.inference_mode()
def search(
    model: Any,
    rows: Sequence[Row],
    how: Search,
    *,
    tokenizer: Any,
    ends: frozenset[int],
    cancelled: Callable[[], bool] = lambda: False,
) -> list[list[Decoded]]:
    """Continue every row.

    Args:
        model: A transformers language model, causal or encoder-decoder, in eval mode.
        rows: At least one; all but prompt and key are the same in all of them.
        how: The search.
        tokenizer: Its stop strings and padding.
        ends: Token ids that end an answer.
        cancelled: Asked before each step.

    Returns:
        Of each row `how.answers` continuations, the best first.

    Raises:
        Cancelled: `cancelled` said so.
    """
    row, decoding = rows[0], how.decoding
    ids, mask = (each.to(model.device) for each in padded([each.prompt for each in rows], left=True))
    pad = min(ends, default=0) if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    begun = 1 if model.config.is_encoder_decoder else ids.shape[1]
    custom = _custom(row, decoding, torch.tensor([each.key for each in rows], device=model.device))
    processors = LogitsProcessorList()
    if row.no_repeat_ngram:
        empty = [0] * len(rows) if model.config.is_encoder_decoder else (1 - mask).sum(-1).tolist()
        processors.append(_NoRepeatedNgrams(row.no_repeat_ngram, empty))
    stops = StoppingCriteriaList([_Watch(cancelled)])
    if row.stop:
        stops.append(StopStringCriteria(tokenizer, list(row.stop)))
    made = model.generate(
        ids,
        attention_mask=mask,
        generation_config=_config(row, how, ends, pad),
        logits_processor=processors,
        stopping_criteria=stops,
        **custom,
    )
    answers = [_decoded(answer, row, ends, pad, tokenizer) for answer in made[:, begun:].tolist()]
    return [answers[start : start + how.answers] for start in range(0, len(answers), how.answers)]


def _custom(row: Row, decoding: Decoding, keys: Tensor) -> dict[str, Any]:
    """The callable that does what transformers does not, with its arguments."""
    if decoding.penalty_alpha is not None:
        settings = {"penalty_alpha": decoding.penalty_alpha, "top_k": row.top_k}
        return {"custom_generate": contrastive_search, **settings}
    if decoding.num_beam_groups is not None or row.temperature > 0:
        return {"custom_generate": diverse_beam_search, "noise_keys": keys}
    return {}


def _config(row: Row, how: Search, ends: frozenset[int], pad: int) -> GenerationConfig:
    decoding = how.decoding
    sampled = {
        "do_sample": True,
        "temperature": row.temperature,
        "top_k": row.top_k,
        "top_p": row.top_p,
        "min_p": row.min_p or None,
        "typical_p": row.typical_p,
    }
    return GenerationConfig(
        max_new_tokens=row.max_new,
        min_new_tokens=row.min_new or None,
        num_beams=decoding.num_beams or 1,
        num_beam_groups=decoding.num_beam_groups or 1,
        diversity_penalty=decoding.diversity_penalty or 0.0,
        length_penalty=1.0 if decoding.length_penalty is None else decoding.length_penalty,
        early_stopping=decoding.early_stopping or False,
        repetition_penalty=row.repetition_penalty,
        num_return_sequences=how.answers,
        eos_token_id=sorted(ends) or None,
        pad_token_id=pad,
        **(sampled if row.temperature > 0 else {"do_sample": False}),
    )


def _decoded(tokens: list[int], row: Row, ends: frozenset[int], pad: int, tokenizer: Any) -> Decoded:
    """An answer without its padding, and why it ended."""
    end = next((place for place, token in enumerate(tokens) if token in ends), None)
    if end is not None:
        return Decoded(tokens[:end], "stop", ended=tokens[end])
    tokens = tokens[: row.max_new]
    while tokens and tokens[-1] == pad:
        tokens = tokens[:-1]
    text = tokenizer.decode(tokens) if row.stop else ""
    return Decoded(tokens, "stop" if any(stop in text for stop in row.stop) else "length")


class _NoRepeatedNgrams(LogitsProcessor):
    """No n-gram twice, as transformers has it, but blind to padding, so that a text's batch does not matter."""

    def __init__(self, size: int, empty: list[int]) -> None:
        """Keep the size, and how many tokens of padding begin each row."""
        self._size = size
        self._empty = empty

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        scores = scores.clone()
        beams = len(input_ids) // len(self._empty)
        for row, ids in enumerate(input_ids.tolist()):
            if banned := Ngrams(self._size, ids[self._empty[row // beams] :]).banned():
                scores[row, list(banned)] = -torch.inf
        return scores


class _Watch(StoppingCriteria):
    """Ends a search that nobody waits for any more."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        if self._cancelled():
            raise Cancelled
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
