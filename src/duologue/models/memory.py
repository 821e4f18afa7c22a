"""What a model remembers of a batch that it continues: the keys and values of its prompts and of the answers so far.

    memory = begin(model, prompts)          # memory.logits [prompts, vocabulary]
    memory.select(owners)                   # a row per answer
    logits = memory.step(tokens)

`CausalMemory` holds prompt and answer in one cache. `EncoderDecoderMemory` holds what the encoder made of the prompts;
the answers stand in the decoder's cache, which begins with its start token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache

from duologue.models.growing_cache import GrowingLayer, growing_cache, joined
from duologue.models.kept_prompts import KeptPrompts, Known
from duologue.models.prefixes import Stems, shared, stems_of
from duologue.models.stems import StemCache, attending, attends_stems

_AT_ONCE = 4096
"""Tokens that a processor reads at once: what is computed of more of them leaves its cache (15 % slower)."""

Before: TypeAlias = Callable[[Tensor, Tensor, Tensor], None]
"""Told before each pass where the newest query of every prompt or answer is: its row [n], its place among the row's
queries [n], and which keys are its own [n, keys]."""


def begin(
    model: Any, prompts: Sequence[tuple[int, ...]], before: Before | None = None, kept: KeptPrompts | None = None
) -> CausalMemory | EncoderDecoderMemory:
    """Read prompts; `before` and `kept` (what was read earlier) are for causal models only."""
    if model.config.is_encoder_decoder:
        return EncoderDecoderMemory(model, prompts)
    return CausalMemory(model, prompts, before, kept)


def reads_once(model: Any) -> bool:
    """Whether a prompt that another begins with costs nothing beside it."""
    return not model.config.is_encoder_decoder and _all_growing(growing_cache(model.config))


def _all_growing(cache: DynamicCache) -> bool:
    return all(isinstance(layer, GrowingLayer) for layer in cache.layers)


class CausalMemory:
    """A decoder-only model's.

    Attributes:
        logits: [prompts, vocabulary], of the first token of each answer.
    """

    def __init__(
        self,
        model: Any,
        prompts: Sequence[tuple[int, ...]],
        before: Before | None = None,
        kept: KeptPrompts | None = None,
    ) -> None:
        """Read the prompts, and only once what several begin with; of what was read earlier only the rest.

        Padding on the right needs no mask, because causal attention never looks ahead, and attention is much
        faster without one; later steps mask the hole that stays between a short prompt and its answer, whether padding
        or the rest of a longer prompt. Caches that forget (sliding windows) or carry a state would take both in, so for
        them padding goes to the left, and every prompt is read for itself.
        """
        self._model = model
        self._before = before
        self._cache = growing_cache(model.config)
        self._stems: StemCache | None = None
        if _all_growing(self._cache):
            keeps = kept is not None and before is None and attends_stems(model)
            known = kept.known(prompts, model.config) if kept is not None and keeps else None
            if known is not None:
                self._read_on(prompts, known)
            else:
                self._read_once(prompts, kept if keeps else None)
            return
        ids, self._mask = (each.to(model.device) for each in padded(prompts, left=True))
        self._positions = self._mask.sum(-1)
        self._announce(range(len(prompts)), [ids.shape[1] - 1] * len(prompts))
        out = model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=(self._mask.cumsum(-1) - 1).clamp(min=0),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.logits = out.logits[:, -1]

    def _read_on(self, prompts: Sequence[tuple[int, ...]], known: Known) -> None:
        """Read what is new of prompts; padding stands between what is known and what is new."""
        device = self._model.device
        ids = padded([prompt[length:] for prompt, length in zip(prompts, known.lengths, strict=True)])[0].to(device)
        before = torch.tensor(known.lengths, device=device)
        self._positions = torch.tensor([len(prompt) for prompt in prompts], device=device)
        columns = torch.arange(ids.shape[1], device=device)
        had = torch.arange(max(known.lengths), device=device) < before[:, None]
        behind = self._positions - before
        self._mask = torch.cat([had, columns < behind[:, None]], -1).long()
        rows = len(prompts)
        seen = torch.cat(
            [had[:, None].expand(-1, len(columns), -1), (columns <= columns[:, None]).expand(rows, -1, -1)], -1
        )
        self._cache = known.cache
        ends, which = torch.unique(behind - 1, return_inverse=True)
        out = self._call(
            input_ids=ids,
            attention_mask=seen[:, None],
            position_ids=before[:, None] + columns,
            logits_to_keep=ends,
        )
        self.logits = out.logits[torch.arange(rows, device=device), which]

    def _read_once(self, prompts: Sequence[tuple[int, ...]], kept: KeptPrompts | None) -> None:
        read, place = shared(prompts)
        stems = stems_of(read, prompts, place) if attends_stems(self._model) else None
        device = self._model.device
        rows = torch.tensor(place, device=device)
        self._positions = torch.tensor([len(prompt) for prompt in prompts], device=device)
        before = self._positions.new_zeros(len(read))
        if stems is not None:
            before = self._read_stems(read, stems)
            read = [prompt[stems.lengths[stem] :] for prompt, stem in zip(read, stems.of, strict=True)]
        ids = padded(read)[0].to(device)
        columns = torch.arange(ids.shape[1], device=device)
        behind = self._positions - before[rows]
        self._mask = (columns < behind[:, None]).long()
        ends, which = torch.unique(behind - 1, return_inverse=True)
        self._announce(place, (behind - 1).tolist())
        self.logits = self._read(ids, before[:, None] + columns, ends)[rows, which]
        if kept is not None and stems is None:
            kept.add(prompts, place, self._cache)
        if place != list(range(len(read))):
            self._select(rows)

    def _read(self, ids: Tensor, positions: Tensor, ends: Tensor) -> Tensor:
        """Read rows of ids, on a CPU a few at a time; return their logits at `ends`, [rows, ends, vocabulary]."""
        few = ids.device.type == "cpu" and self._before is None  # whoever watches is told of one pass
        most = max(1, _AT_ONCE // ids.shape[1]) if few else len(ids)
        whole = self._stems
        logits, caches = [], []
        for part in torch.split(torch.arange(len(ids), device=ids.device), most):
            self._cache = growing_cache(self._model.config)
            self._stems = None if whole is None else replace(whole, of=whole.of[part])
            out = self._call(input_ids=ids[part], position_ids=positions[part], logits_to_keep=ends)
            logits.append(out.logits)
            caches.append(self._cache)
        self._stems, self._cache = whole, joined(caches)
        return torch.cat(logits)

    def _read_stems(self, read: list[tuple[int, ...]], stems: Stems) -> Tensor:
        """Read each stem once; return how long that of each prompt is."""
        first = [read[stems.of.index(number)][:length] for number, length in enumerate(stems.lengths)]
        of = torch.tensor(stems.of, device=self._model.device)
        self._call(input_ids=padded(first)[0].to(of.device), logits_to_keep=1)
        self._stems = StemCache.of_layers(self._cache.layers, stems.lengths, of)
        return torch.tensor(stems.lengths, device=of.device)[of]

    def _call(self, **given: Any) -> Any:
        if self._stems is None:
            return self._model(**given, past_key_values=self._cache, use_cache=True)
        with attending(self._model):
            return self._model(**given, past_key_values=self._cache, use_cache=True, stems=self._stems)

    def _select(self, rows: Tensor) -> None:
        self._cache.batch_select_indices(rows)
        if self._stems is not None:
            self._stems.select(rows)

    def begun(self, prompt: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that an answer to this prompt continues."""
        return prompt

    def select(self, rows: Tensor) -> None:
        """Keep (or repeat) these rows."""
        self._select(rows)
        self._mask, self._positions = self._mask[rows], self._positions[rows]

    def step(self, tokens: Tensor) -> Tensor:
        """Take in the rows' next tokens [rows]; return the logits [rows, vocabulary] of those after them."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], -1)
        self._announce(range(len(tokens)), [0] * len(tokens))
        out = self._call(
            input_ids=tokens[:, None],
            attention_mask=self._mask,
            position_ids=self._positions[:, None],
        )
        self._positions = self._positions + 1
        logits: Tensor = out.logits[:, -1]
        return logits

    def _announce(self, rows: Sequence[int], queries: Sequence[int]) -> None:
        if self._before is not None:
            self._before(torch.tensor(list(rows)), torch.tensor(queries), self._mask.bool())


class EncoderDecoderMemory:
    """An encoder-decoder's (T5, BART).

    Attributes:
        logits: [prompts, vocabulary], of the first token of each answer.
    """

    def __init__(self, model: Any, prompts: Sequence[tuple[int, ...]]) -> None:
        """Encode the prompts and begin the answers."""
        self._model = model
        self._start = int(model.generation_config.decoder_start_token_id)
        ids, self._mask = (each.to(model.device) for each in padded(prompts))
        self._encoded = model.get_encoder()(input_ids=ids, attention_mask=self._mask)
        config = model.config.get_text_config(decoder=True)
        self._cache = EncoderDecoderCache(growing_cache(config), DynamicCache())
        self.logits = self.step(torch.full((len(prompts),), self._start, device=model.device))

    def begun(self, prompt: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that an answer to this prompt continues: the decoder's start."""
        return (self._start,)

    def select(self, rows: Tensor) -> None:
        """Keep (or repeat) these rows."""
        self._cache.batch_select_indices(rows)
        self._mask = self._mask[rows]
        self._encoded.last_hidden_state = self._encoded.last_hidden_state[rows]

    def step(self, tokens: Tensor) -> Tensor:
        """Take in the rows' next tokens [rows]; return the logits [rows, vocabulary] of those after them."""
        out = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._mask,
            decoder_input_ids=tokens[:, None],
            past_key_values=self._cache,
            use_cache=True,
        )
        logits: Tensor = out.logits[:, -1]
        return logits


def padded(prompts: Sequence[tuple[int, ...]], *, left: bool = False) -> tuple[Tensor, Tensor]:
    """Prompts as ids and mask, both int64 [prompts, longest]; padding is 0 in both."""
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    mask = torch.zeros(len(prompts), longest, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        begin = longest - len(prompt) if left else 0
        ids[row, begin : begin + len(prompt)] = torch.tensor(prompt)
        mask[row, begin : begin + len(prompt)] = 1
    return ids, mask
