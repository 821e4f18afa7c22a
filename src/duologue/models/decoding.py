"""The decoding loop: a batch of prompts through a causal language model, token by token.

Why not `generate`: rows have their own seeds, temperatures, lengths and stop strings, leave the batch as
soon as they are done, and equal prompts (n answers, several draws) are read once.

    decoded = decode(model, [Row(prompt=ids, max_new=40, ...)], ends=frozenset({2}), text=tokenizer.decode)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from duologue.models.growing_cache import GrowingLayer, growing_cache
from duologue.models.repetition import Ngrams
from duologue.models.sampling import Sampling, choose


@dataclass(frozen=True)
class Row:
    """One answer to be decoded.

    Attributes:
        prompt: Token ids, at least one.
        max_new: Most tokens of the answer.
        temperature: 0 is greedy.
        top_p: 1 keeps everything.
        top_k: 0 keeps everything.
        key: Key of the noise (`sampling.noise_key`).
        stop: Strings that end the answer.
        logprobs: Alternatives to report per token; None reports nothing.
        no_repeat_ngram: No n-gram of this size comes twice, prompt included.
    """

    prompt: tuple[int, ...]
    max_new: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    key: int = 0
    stop: tuple[str, ...] = ()
    logprobs: int | None = None
    no_repeat_ngram: int | None = None


@dataclass
class Decoded:
    """What came of a row.

    Attributes:
        tokens: The answer's token ids, without the one that ended it.
        finish_reason: "stop" or "length".
        logprobs: Per token: its log-probability, and the most probable (token id, log-probability) pairs.
        ended: The end-of-sequence token that closed the answer, if one did.
    """

    tokens: list[int] = field(default_factory=list)
    finish_reason: str = "length"
    logprobs: list[tuple[float, list[tuple[int, float]]]] = field(default_factory=list)
    ended: int | None = None


class Cancelled(Exception):
    """The decoding was told to stop."""


@torch.inference_mode()
def decode(
    model: Any,
    rows: Sequence[Row],
    *,
    ends: frozenset[int],
    text: Callable[[list[int]], str],
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Decoded]:
    """Decode every row.

    Args:
        model: A transformers causal language model, in eval mode.
        rows: What to decode, at least one.
        ends: Token ids that end an answer.
        text: Token ids to text, for stop strings.
        cancelled: Asked before each step.

    Raises:
        Cancelled: `cancelled` said so.
    """
    device = model.device
    prompts = list(dict.fromkeys(row.prompt for row in rows))
    place = {prompt: index for index, prompt in enumerate(prompts)}
    cache = growing_cache(model.config)
    logits, mask = _read(model, prompts, cache)
    owners = torch.tensor([place[row.prompt] for row in rows], device=device)
    if len(prompts) < len(rows):
        cache.batch_select_indices(owners)
    logits, mask = logits[owners], mask[owners]
    sampling = _sampling(rows, device)
    lengths = mask.sum(-1)
    live = list(range(len(rows)))
    done = [Decoded() for _ in rows]
    seen = [Ngrams(row.no_repeat_ngram, row.prompt) if row.no_repeat_ngram else None for row in rows]
    for step in range(max(row.max_new for row in rows)):
        if cancelled():
            raise Cancelled
        _ban_repeats(logits, live, seen)
        tokens = choose(logits, sampling, torch.full_like(lengths, step))
        _note_logprobs(logits, tokens, live, rows, done)
        going = [
            slot
            for slot, (row, token) in enumerate(zip(live, tokens.tolist(), strict=True))
            if _goes_on(rows[row], done[row], token, ends, text)
        ]
        for slot in going:
            if (ngrams := seen[live[slot]]) is not None:
                ngrams.add(int(tokens[slot]))
        if not going:
            break
        if len(going) < len(live):
            keep = torch.tensor(going, device=device)
            cache.batch_select_indices(keep)
            tokens, mask, lengths, sampling = tokens[keep], mask[keep], lengths[keep], sampling.rows(keep)
            live = [live[slot] for slot in going]
        mask = torch.cat([mask, mask.new_ones(len(live), 1)], -1)
        logits = model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=(lengths + step)[:, None],
            past_key_values=cache,
            use_cache=True,
        ).logits[:, -1]
    return done


def _goes_on(row: Row, done: Decoded, token: int, ends: frozenset[int], text: Callable[[list[int]], str]) -> bool:
    """Add a token to an answer; return whether more are to come."""
    if token in ends:
        done.finish_reason, done.ended = "stop", token
        done.logprobs = done.logprobs[: len(done.tokens)]
        return False
    done.tokens.append(token)
    if row.stop:
        # A stop string ends in the newest token; earlier tokens can hold no more of it than its bytes.
        recent = text(done.tokens[-(max(len(stop.encode()) for stop in row.stop) + 1) :])
        if any(stop in recent for stop in row.stop) and any(stop in text(done.tokens) for stop in row.stop):
            done.finish_reason = "stop"
            return False
    return len(done.tokens) < row.max_new


def _ban_repeats(logits: Tensor, live: list[int], seen: Sequence[Ngrams | None]) -> None:
    for slot, row in enumerate(live):
        ngrams = seen[row]
        if ngrams is not None and (banned := ngrams.banned()):
            logits[slot, list(banned)] = -torch.inf


def _note_logprobs(logits: Tensor, tokens: Tensor, live: list[int], rows: Sequence[Row], done: list[Decoded]) -> None:
    wanted = [slot for slot, row in enumerate(live) if rows[row].logprobs is not None]
    if not wanted:
        return
    picked = torch.tensor(wanted, device=logits.device)
    scores = logits[picked].double().log_softmax(-1)
    chosen = scores.gather(-1, tokens[picked][:, None])[:, 0].tolist()
    best = scores.topk(min(max(rows[live[slot]].logprobs or 1 for slot in wanted), scores.shape[-1]))
    for slot, score, values, indices in zip(wanted, chosen, best.values.tolist(), best.indices.tolist(), strict=True):
        count = rows[live[slot]].logprobs or 0
        done[live[slot]].logprobs.append((score, list(zip(indices[:count], values[:count], strict=True))))


def _read(model: Any, prompts: Sequence[tuple[int, ...]], cache: DynamicCache) -> tuple[Tensor, Tensor]:
    """Read the prompts into the cache; return the logits [prompts, vocabulary] after each, and the mask.

    Padding on the right needs no mask, because causal attention never looks ahead, and attention is much
    faster without one; later steps mask the hole that stays between a short prompt and its answer. Caches
    that forget (sliding windows) or carry a state would take the padding in, so for them it goes to the
    left.
    """
    growing = all(isinstance(layer, GrowingLayer) for layer in cache.layers)
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    mask = torch.zeros(len(prompts), longest, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        begin = 0 if growing else longest - len(prompt)
        ids[row, begin : begin + len(prompt)] = torch.tensor(prompt)
        mask[row, begin : begin + len(prompt)] = 1
    ids, mask = ids.to(model.device), mask.to(model.device)
    if growing:
        ends, which = torch.unique(mask.sum(-1) - 1, return_inverse=True)
        out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=ends)
        return out.logits[torch.arange(len(prompts), device=which.device), which], mask
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    out = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return out.logits[:, -1], mask


def _sampling(rows: Sequence[Row], device: torch.device) -> Sampling:
    return Sampling(
        temperature=torch.tensor([row.temperature for row in rows], dtype=torch.float64, device=device),
        top_p=torch.tensor([row.top_p for row in rows], dtype=torch.float64, device=device),
        top_k=torch.tensor([row.top_k for row in rows], device=device),
        key=torch.tensor([row.key for row in rows], device=device),
    )
