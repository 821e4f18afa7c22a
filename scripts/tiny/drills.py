"""Copying drills: rows of random tokens whose predictable part trains the circuit and nothing else.

* `repeat`: a random segment again and again; half of the rows draw from a small alphabet, so that one token does not
  tell where one is and two or three do.
* `lookup`: key = value lists, asked for in another order.
* `stop`: a segment, a separator, the segment once more, the end token, then another: the copy must end.

    tokens, weights = drill(numpy.random.default_rng(0), length=512, vocabulary=(60, 1280), end=1)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Row = tuple[NDArray[np.int64], NDArray[np.float32]]


def drill(rng: np.random.Generator, *, length: int, vocabulary: tuple[int, int], end: int, shortest: int = 4) -> Row:
    """One row of a random kind: tokens [length] and the weight with which each of them is to be *predicted*.

    Args:
        rng: the row's source of chance.
        length: tokens in the row.
        vocabulary: first and one past the last ordinary token.
        end: the token that ends a copy.
        shortest: shortest period of a repeated segment (24 in the mixture: short ones teach loops).
    """
    kind = rng.choice(3, p=(0.4, 0.3, 0.3))
    if kind == 0:
        return repeat(rng, length, vocabulary, shortest)
    return lookup(rng, length, vocabulary) if kind == 1 else stop(rng, length, vocabulary, end, shortest)


def _draw(rng: np.random.Generator, count: int, vocabulary: tuple[int, int]) -> NDArray[np.int64]:
    """`count` tokens: uniform, or (half of the time) from an alphabet about as large as the segment."""
    if rng.random() < 0.5:
        alphabet = rng.integers(*vocabulary, size=max(4, int(count * rng.uniform(0.3, 1.5))))
        return alphabet[rng.integers(len(alphabet), size=count)]
    return rng.integers(*vocabulary, size=count)


def repeat(rng: np.random.Generator, length: int, vocabulary: tuple[int, int], shortest: int = 4) -> Row:
    """A random segment repeated to the end of the row; its second and later runs count."""
    period = int(rng.integers(shortest, max(shortest + 1, length // 2)))
    segment = _draw(rng, period, vocabulary)
    tokens = np.tile(segment, length // period + 1)[:length]
    weights = np.zeros(length, dtype=np.float32)
    weights[period + 2 :] = 1.0
    return tokens, weights


def lookup(rng: np.random.Generator, length: int, vocabulary: tuple[int, int]) -> Row:
    """`key separator value end` lines, then the same lines in another order, whose values count."""
    separators = rng.integers(*vocabulary, size=2)
    tokens: list[int] = []
    weights: list[float] = []
    while len(tokens) < length:
        pairs = []
        for _ in range(int(rng.integers(2, 9))):
            key = rng.integers(*vocabulary, size=rng.integers(1, 4))
            pairs.append((key, rng.integers(*vocabulary, size=rng.integers(1, 5))))
        asked = [pairs[i] for i in rng.permutation(len(pairs))]
        for round_, lines in enumerate((pairs, asked)):
            for key, value in lines:
                line = [*key, separators[0], *value, separators[1]]
                tokens += [int(token) for token in line]
                counts = float(round_)
                weights += [0.0] * (len(key) + 1) + [counts] * (len(value) + 1)
    return np.array(tokens[:length], dtype=np.int64), np.array(weights[:length], dtype=np.float32)


def stop(rng: np.random.Generator, length: int, vocabulary: tuple[int, int], end: int, shortest: int = 4) -> Row:
    """Segment, separator, segment, end; again with another segment. The copy and its end count."""
    opening, middle = rng.integers(*vocabulary, size=2)
    tokens: list[int] = []
    weights: list[float] = []
    while len(tokens) < length:
        filler = rng.integers(*vocabulary, size=rng.integers(0, 12))
        segment = _draw(rng, int(rng.integers(shortest, max(shortest + 1, min(64, length // 3)))), vocabulary)
        after = rng.integers(*vocabulary, size=rng.integers(0, 12))
        given = [opening, *segment, middle, *after, opening]
        tokens += [int(token) for token in (*filler, *given, *segment, middle, end)]
        weights += [0.0] * (len(filler) + len(given)) + [1.0] * (len(segment) + 2)
    return np.array(tokens[:length], dtype=np.int64), np.array(weights[:length], dtype=np.float32)
