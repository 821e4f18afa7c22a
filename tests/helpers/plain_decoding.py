"""Contrastive search and diverse beam search as the papers write them: one text, plain Python, no cache, no batch.

`logits` gives the logits of the next token after a context, `states` the last layer's state of each of its tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

Logits = Callable[[list[int]], list[float]]
States = Callable[[list[int]], list[list[float]]]


def softmax(logits: list[float]) -> list[float]:
    largest = max(logits)
    powers = [math.exp(logit - largest) for logit in logits]
    return [power / sum(powers) for power in powers]


def cosine(one: list[float], other: list[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / math.hypot(*one) / math.hypot(*other)


def contrastive(
    logits: Logits, states: States, prompt: list[int], *, alpha: float, top_k: int, new: int, end: int
) -> list[int]:
    """Su et al. 2022, eq. 5."""
    ids = list(prompt)
    for _ in range(new):
        probable = softmax(logits(ids))
        candidates = sorted(range(len(probable)), key=lambda token: -probable[token])[:top_k]
        context = states(ids)

        def worth(token: int, probable: list[float] = probable, context: list[list[float]] = context) -> float:
            own = states([*ids, token])[-1]
            return (1 - alpha) * probable[token] - alpha * max(cosine(own, each) for each in context)

        ids.append(max(candidates, key=worth))
        if ids[-1] == end:
            break
    return ids[len(prompt) :]


class Beam(NamedTuple):
    score: float
    ids: list[int]


def diverse_beams(
    logits: Logits,
    prompt: list[int],
    *,
    beams: int,
    groups: int,
    penalty: float,
    new: int,
    end: int,
    length_penalty: float = 1.0,
    early_stopping: Any = False,
) -> list[int]:
    """Vijayakumar et al. 2018, algorithm 1, Hamming diversity; finished beams as in transformers."""
    width = beams // groups
    open_beams = [[Beam(0.0, list(prompt))] for _ in range(groups)]
    finished: list[list[Beam]] = [[] for _ in range(groups)]
    closed = [False] * groups
    for step in range(1, new + 1):
        chosen: list[int] = []
        for group in range(groups):
            if closed[group]:
                continue
            grown = []
            for beam in open_beams[group]:
                for token, probability in enumerate(softmax(logits(beam.ids))):
                    loss = penalty * chosen.count(token)
                    grown.append(Beam(beam.score + math.log(probability) - loss, [*beam.ids, token]))
            grown.sort(key=lambda beam: -beam.score)
            for rank, beam in enumerate(grown[: 2 * width]):
                if (beam.ids[-1] == end or step == new) and rank < width:
                    finished[group].append(Beam(beam.score / step**length_penalty, beam.ids))
            finished[group] = sorted(finished[group], key=lambda beam: -beam.score)[:width]
            open_beams[group] = [beam for beam in grown if beam.ids[-1] != end][:width]
            chosen += [beam.ids[-1] for beam in open_beams[group]]
        for group in range(groups):
            furthest = new if early_stopping == "never" and length_penalty > 0 else step
            possible = open_beams[group][0].score / furthest**length_penalty
            full = len(finished[group]) == width
            if full and (early_stopping is True or possible <= finished[group][-1].score):
                closed[group] = True
    return max((beam for group in finished for beam in group), key=lambda beam: beam.score).ids[len(prompt) :]
