"""Diverse beam search (Vijayakumar et al. 2018, "Diverse Beam Search", algorithm 1 with Hamming diversity).

The beams are dealt into groups. At each step the groups choose one after another, and a token that earlier groups have
just chosen loses `diversity_penalty` for each time. Within a group it is beam search: finished beams are scored by
log-probability / length ** length_penalty, the diversity terms included, and the best of all groups comes out, as in
transformers 4. transformers 5 has no diverse beam search any more; this is a `custom_generate` callable for it.

    model.generate(**inputs, custom_generate=diverse_beam_search, num_beams=6, num_beam_groups=3, diversity_penalty=1.0)

With one group it is transformers' own beam search (tested equal). With `do_sample` the beams' continuations are sampled
without replacement: the largest log-probabilities plus Gumbel noise (Kool et al. 2019), and the noise depends on
`noise_keys` and the step alone, so it is the same text whatever the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from duologue.models.sampling import gumbel

_IMPOSSIBLE = -1e9


@dataclass
class _Group:
    """One group of one row: its finished beams, best first, and whether it is done.

    Attributes:
        finished: (score, token ids), at most `width` of them.
        done: no more are looked for.
    """

    width: int
    finished: list[tuple[float, Tensor]] = field(default_factory=list)
    done: bool = False

    def add(self, score: float, ids: Tensor) -> None:
        self.finished.append((score, ids))
        self.finished.sort(key=lambda each: -each[0])
        del self.finished[self.width :]

    def settle(self, best_possible: float, early_stopping: bool | str | None) -> None:
        full = len(self.finished) == self.width
        self.done = self.done or (full and (early_stopping is True or best_possible <= self.finished[-1][0]))


def diverse_beam_search(
    model: Any,
    input_ids: Tensor,
    logits_processor: Any,
    stopping_criteria: Any,
    generation_config: Any,
    noise_keys: Tensor | None = None,
    **model_kwargs: Any,
) -> Tensor:
    """Continue each row.

    Args:
        model: with a cache whose rows can be chosen.
        input_ids: [rows * num_beams, length], each row repeated, padded on the left.
        logits_processor: applied to the log-probabilities.
        stopping_criteria: says which beams are finished.
        generation_config: `num_beams`, `num_beam_groups` (divides them), `diversity_penalty`, `length_penalty`,
            `early_stopping`, `do_sample` and `num_return_sequences` count here.
        noise_keys: int64 [rows], from `sampling.noise_key`, where `do_sample` is set.
        **model_kwargs: what `generate` hands to the model.

    Returns:
        Token ids [rows * num_return_sequences, longest], padded on the right.
    """
    beams, groups = generation_config.num_beams, generation_config.num_beam_groups or 1
    width, rows, begun = beams // groups, len(input_ids) // beams, input_ids.shape[1]
    encoder_decoder = model.config.is_encoder_decoder
    found = [[_Group(width) for _ in range(groups)] for _ in range(rows)]
    scores = torch.full((rows, groups, width), _IMPOSSIBLE, device=input_ids.device)
    scores[:, :, 0] = 0  # the beams begin equal: only the first of each group counts
    outputs = model._prefill(input_ids, generation_config, model_kwargs)
    while True:
        model_kwargs = model._update_model_kwargs_for_generation(outputs, model_kwargs, encoder_decoder)
        logits = outputs.logits[:, -1]
        logs = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)
        logs = logits_processor(input_ids, logs).view(rows, groups, width, -1)
        chosen_before = torch.zeros_like(logs[:, 0, 0])  # [rows, vocabulary]
        scores = scores.to(logs.dtype)
        parents, tokens = [], []
        for number in range(groups):
            total = scores[:, number, :, None] + logs[:, number]
            total -= generation_config.diversity_penalty * chosen_before[:, None]
            noise = _noise(noise_keys, input_ids.shape[1] - begun, total) if generation_config.do_sample else None
            best, parent, token = _best(total, noise, _kept(generation_config, width))
            ids = _grown(input_ids.view(rows, groups, width, -1)[:, number], parent, token)
            ended = stopping_criteria(ids.flatten(0, 1), None).view(rows, -1)
            _bank([row[number] for row in found], best, ids, ended, begun, generation_config.length_penalty)
            on = (best + ended * _IMPOSSIBLE).topk(width).indices
            scores[:, number] = (best + ended * _IMPOSSIBLE).gather(-1, on)
            parents.append(parent.gather(-1, on) + number * width)
            tokens.append(token.gather(-1, on))
            searching = torch.tensor([not row[number].done for row in found], device=logs.device)
            chosen_before.scatter_add_(-1, tokens[-1], searching[:, None].to(logs.dtype).expand(-1, width).contiguous())
        places = torch.cat(parents, -1) + torch.arange(rows, device=logs.device)[:, None] * beams
        input_ids = torch.cat([input_ids[places.flatten()], torch.cat(tokens, -1).view(-1, 1)], -1)
        _settle(found, scores, input_ids.shape[1] - begun, begun, generation_config)
        if all(group.done for row in found for group in row) or bool((scores < _IMPOSSIBLE / 2).all()):
            return _answers(found, input_ids, generation_config)
        model_kwargs["past_key_values"].reorder_cache(places.flatten())
        inputs = model.prepare_inputs_for_generation(input_ids, next_sequence_length=1, **model_kwargs)
        outputs = model(**inputs, return_dict=True)


def _kept(generation_config: Any, width: int) -> int:
    """How many continuations are looked at, so that `width` are left when all that can end do."""
    ends = generation_config.eos_token_id
    count = len(ends) if isinstance(ends, list) else 0 if ends is None else 1
    return max(2, 1 + count) * width


def _best(total: Tensor, noise: Tensor | None, kept: int) -> tuple[Tensor, Tensor, Tensor]:
    """The best continuations of each row, or those sampled: scores, beams and tokens, all [rows, kept], best first.

    Args:
        total: scores [rows, beams, vocabulary].
        noise: of the same size, where they are sampled.
        kept: how many.
    """
    flat = total.flatten(1)
    kept = min(kept, flat.shape[-1])
    drawn = (flat if noise is None else flat + noise).topk(kept).indices
    best, order = flat.gather(-1, drawn).sort(dim=-1, descending=True, stable=True)
    drawn = drawn.gather(-1, order)
    return best, drawn // total.shape[-1], drawn % total.shape[-1]


def _noise(keys: Tensor | None, step: int, total: Tensor) -> Tensor:
    if keys is None:
        raise ValueError("do_sample needs noise_keys: int64, one a row (sampling.noise_key)")
    return gumbel(keys, torch.full_like(keys, step), total[0].numel()).to(total.dtype)


def _grown(input_ids: Tensor, parent: Tensor, token: Tensor) -> Tensor:
    """The beams [rows, width, length] that are continued, with their tokens: [rows, kept, length + 1]."""
    before = input_ids.gather(1, parent[:, :, None].expand(-1, -1, input_ids.shape[-1]))
    return torch.cat([before, token[:, :, None]], -1)


def _bank(
    found: list[_Group], best: Tensor, ids: Tensor, ended: Tensor, begun: int, length_penalty: float | None
) -> None:
    """Keep the finished beams that are among the first `width`."""
    length = (ids.shape[-1] - begun) ** (1.0 if length_penalty is None else length_penalty)
    for row, group in enumerate(found):
        for rank in ended[row, : group.width].nonzero()[:, 0].tolist():
            score = float(best[row, rank])
            if not group.done and score > _IMPOSSIBLE / 2:
                group.add(score / length, ids[row, rank])


def _settle(found: list[list[_Group]], scores: Tensor, length: int, begun: int, generation_config: Any) -> None:
    """Close the groups that nothing better can come to."""
    early, penalty = generation_config.early_stopping, generation_config.length_penalty
    penalty = 1.0 if penalty is None else penalty
    furthest = generation_config.max_length - begun if early == "never" and penalty > 0 else length
    for row, best in zip(found, (scores.amax(-1) / furthest**penalty).tolist(), strict=True):
        for group, possible in zip(row, best, strict=True):
            group.settle(possible, early)


def _answers(found: list[list[_Group]], input_ids: Tensor, generation_config: Any) -> Tensor:
    """The best finished beams of each row, all groups together."""
    wanted = generation_config.num_return_sequences or 1
    padding = generation_config.pad_token_id or 0
    best: list[Tensor] = []
    for groups in found:
        finished = sorted((each for group in groups for each in group.finished), key=lambda each: -each[0])
        # A small vocabulary may not have so many continuations: the last one stands for those that are missing.
        finished += finished[-1:] * (wanted - len(finished))
        best.extend(ids for _, ids in finished[:wanted])
    longest = max(map(len, best))
    answers = input_ids.new_full((len(best), longest), padding)
    for row, ids in enumerate(best):
        answers[row, : len(ids)] = ids
    return answers
