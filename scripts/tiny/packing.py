"""Rows into batches: several examples in one line of 512, 1,024 or 2,048 tokens, none of which sees another.

Every batch has the same number of tokens, so there are three shapes and no more (a compiled step is compiled once
for each).

    for batch in pack(rows, rng): network.losses(batch.tokens, …)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scripts.tiny.examples import Row

LENGTHS = (512, 1024, 2048)
BATCH_TOKENS = 4096  # for one worker; a step takes one batch of each


class Batch(NamedTuple):
    """A packed batch, arrays [B, L]: tokens, prediction weights, number of the example in its line (-1: filler)."""

    tokens: NDArray[np.int64]
    weights: NDArray[np.float32]
    segments: NDArray[np.int16]


def pack(rows: Sequence[Row], rng: np.random.Generator, *, lift: float = 0.08) -> Iterator[Batch]:
    """Pack rows into batches; what fills no whole batch is dropped.

    Args:
        rows: examples; those longer than the longest line are dropped.
        rng: order and lifts.
        lift: share of rows that go to the next longer kind of line, so that long lines hold short examples too.
    """
    bins: dict[int, list[Row]] = {length: [] for length in LENGTHS}
    for row in rows:
        fitting = [length for length in LENGTHS if len(row.tokens) <= length]
        if fitting:
            bins[fitting[1] if len(fitting) > 1 and rng.random() < lift else fitting[0]].append(row)
    batches: list[Batch] = []
    for length, own in bins.items():
        lines = _lines(own, length)
        order = rng.permutation(len(lines))
        size = BATCH_TOKENS // length
        for at in range(0, len(lines) - size + 1, size):
            batches.append(_batch([lines[i] for i in order[at : at + size]], length))
    for i in rng.permutation(len(batches)):
        yield batches[i]


def _lines(rows: Sequence[Row], length: int) -> list[list[Row]]:
    """First fit over the last few open lines: nearly full and in nearly the order of the rows."""
    lines: list[list[Row]] = []
    space: list[int] = []
    for row in rows:
        size = len(row.tokens)
        for at in range(max(0, len(lines) - 24), len(lines)):
            if space[at] >= size:
                lines[at].append(row)
                space[at] -= size
                break
        else:
            lines.append([row])
            space.append(length - size)
    return lines


def _batch(lines: Sequence[Sequence[Row]], length: int) -> Batch:
    tokens = np.zeros((len(lines), length), dtype=np.int64)
    weights = np.zeros((len(lines), length), dtype=np.float32)
    segments = np.full((len(lines), length), -1, dtype=np.int16)
    for line, rows in enumerate(lines):
        at = 0
        for number, row in enumerate(rows):
            here = slice(at, at + len(row.tokens))
            tokens[line, here] = row.tokens
            weights[line, here] = row.weights
            weights[line, at] = 0.0  # nothing predicts an example's first token
            segments[line, here] = number
            at += len(row.tokens)
    return Batch(tokens, weights, segments)
