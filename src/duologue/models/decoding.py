"""The decoding loop: a batch of prompts through a language model, token by token, greedy or sampled.

Why not `generate`: rows have their own seeds, temperatures, lengths and stop strings, leave the batch as
soon as they are done, and equal prompts (n answers, several draws) are read once. What compares whole continuations
(beams, contrastive search) is `generation.search`.

    decoded = decode(model, [Row(prompt=ids, max_new=40, ...)], ends=frozenset({2}), text=tokenizer.decode)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from duologue.models.kept_prompts import KeptPrompts
from duologue.models.lookback import Limits, Lookback
from duologue.models.memory import begin
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
        min_p: 0 keeps everything.
        typical_p: 1 keeps everything.
        repetition_penalty: 1 is none.
        min_new: Least tokens of the answer.
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
    min_p: float = 0.0
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    min_new: int = 0


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


class Watch(Protocol):
    """Looks at the passes of a decoding (`attention.while_decoding.AnswerWatch`)."""

    def follow(self, answers: Sequence[Sequence[int]]) -> None:
        """Told before each pass which rows are behind each of its newest queries."""

    def before(self, rows: Tensor, queries: Tensor, seen: Tensor) -> None:
        """Told before each pass where these queries are (`memory.Before`)."""


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
    watch: Watch | None = None,
    kept: KeptPrompts | None = None,
    told: Callable[[int, list[int]], None] | None = None,
) -> list[Decoded]:
    """Decode every row.

    Args:
        model: A transformers language model, causal or encoder-decoder, in eval mode.
        rows: What to decode, at least one.
        ends: Token ids that end an answer.
        text: Token ids to text, for stop strings.
        cancelled: Asked before each step.
        watch: Looks at the passes of a causal model.
        kept: What was read before with these weights; prompts that go on from it are read from there.
        told: Told a row's number and its answer so far, after each of its tokens.

    Raises:
        Cancelled: `cancelled` said so.
    """
    device = model.device
    prompts = list(dict.fromkeys(row.prompt for row in rows))
    place = {prompt: index for index, prompt in enumerate(prompts)}
    if watch is not None:
        watch.follow([[each for each, row in enumerate(rows) if row.prompt == prompt] for prompt in prompts])
    memory = begin(model, prompts, None if watch is None else watch.before, kept)
    owners = torch.tensor([place[row.prompt] for row in rows], device=device)
    logits = memory.logits[owners]
    if len(prompts) < len(rows):
        memory.select(owners)
    sampling = _sampling(rows, device)
    lookback = _lookback(rows, [memory.begun(row.prompt) for row in rows], logits, ends)
    live = list(range(len(rows)))
    done = [Decoded() for _ in rows]
    for step in range(max(row.max_new for row in rows)):
        if cancelled():
            raise Cancelled
        logits = lookback.adjust(logits, step)
        tokens = choose(logits, sampling, torch.full((len(live),), step, device=device))
        _note_logprobs(logits, tokens, live, rows, done)
        lookback.add(tokens)
        going = [
            slot
            for slot, (row, token) in enumerate(zip(live, tokens.tolist(), strict=True))
            if _goes_on(rows[row], done[row], token, ends, text)
        ]
        if told is not None:
            for row in live:
                told(row, done[row].tokens)
        if not going:
            break
        if len(going) < len(live):
            keep = torch.tensor(going, device=device)
            memory.select(keep)
            lookback.keep(keep)
            tokens, sampling = tokens[keep], sampling.rows(keep)
            live = [live[slot] for slot in going]
        if watch is not None:
            watch.follow([[row] for row in live])
        logits = memory.step(tokens)
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


def _lookback(rows: Sequence[Row], begun: Sequence[tuple[int, ...]], logits: Tensor, ends: frozenset[int]) -> Lookback:
    limits = [
        Limits(
            repetition_penalty=row.repetition_penalty if row.repetition_penalty != 1 else None,
            no_repeat_ngram=row.no_repeat_ngram,
            min_new=row.min_new,
        )
        for row in rows
    ]
    return Lookback(limits, begun, vocabulary=logits.shape[-1], ends=ends, device=logits.device)


def _sampling(rows: Sequence[Row], device: torch.device) -> Sampling:
    def column(values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=device)

    return Sampling(
        temperature=column([row.temperature for row in rows]),
        top_p=column([row.top_p for row in rows]),
        top_k=torch.tensor([row.top_k for row in rows], device=device),
        key=torch.tensor([row.key for row in rows], device=device),
        min_p=column([row.min_p for row in rows]),
        typical_p=column([row.typical_p for row in rows]),
    )
