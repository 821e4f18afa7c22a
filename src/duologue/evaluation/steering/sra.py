"""SRA: the share of a reply's attention that goes to one token of its instruction (Madani and Srihari 2024, eq. 5).

    measured = measure(sums, sizes, prompt=600, sinks=1)
    measured.sra["response_mean"][0]              # of the first part
    per_layer(sums, sizes)                        # [L, R, S]

As the authors compute it: the mean over heads, the sink set to zero, renormalised to one per layer, the mean over
layers; then the mean over the reply's tokens (`response_mean`, the formula of the paper) and the tokens of the part,
its last one included (their code drops it). `first_token` takes the first reply token only, which is what their
published table holds. `raw` is not renormalised. The ratio divides by what each key would get if all but the sinks were
attended to alike: it can be compared over contexts of different lengths, and 1 is no preference.

All of it comes from the same sums per layer, head, reply token and part (`models.attention.ReplyAttention.sums`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Mode: TypeAlias = Literal["response_mean", "first_token"]
MODES: tuple[Mode, ...] = get_args(Mode)
Floats: TypeAlias = NDArray[np.floating]


class Measured(NamedTuple):
    """Figures of one reply: mode -> one value per part; NaN where a part has no tokens."""

    sra: dict[str, Floats]
    raw: dict[str, Floats]
    ratio: dict[str, Floats]


def measure(
    sums: Floats, sizes: Sequence[int], *, prompt: int, sinks: int, layers: Sequence[int] | None = None
) -> Measured:
    """All figures of one reply.

    Args:
        sums: [L, H, R, 1 + S], attention summed over all keys but the sinks (column 0) and over each part.
        sizes: tokens of each part, S of them.
        prompt: tokens of the prompt, sinks included.
        sinks: tokens at the beginning that were set to zero.
        layers: whose mean is taken, from 0; by default of all.
    """
    chosen = sums if layers is None else sums[list(layers)]
    rows = per_layer(chosen, sizes).mean(0)
    raw = _per_token(chosen[..., 1:], sizes).mean((0, 1))
    others = prompt + np.arange(rows.shape[0]) - sinks
    return Measured(_modes(rows), _modes(raw), _modes(rows * others[:, None]))


def per_layer(sums: Floats, sizes: Sequence[int]) -> Floats:
    """[L, R, S]: of each layer and reply token, heads averaged before they are renormalised."""
    return _per_token(_normalised(sums.mean(1)), sizes)


def per_head(sums: Floats, sizes: Sequence[int]) -> Floats:
    """[L, H, R, S]: of each layer, head and reply token, renormalised head by head."""
    return _per_token(_normalised(sums), sizes)


def _normalised(sums: Floats) -> Floats:
    """Attention to the parts over attention to all but the sinks; nothing where the sinks took it all."""
    return sums[..., 1:] / np.maximum(sums[..., :1], np.finfo(sums.dtype).tiny)


def _per_token(sums: Floats, sizes: Sequence[int]) -> Floats:
    size = np.asarray(sizes, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size > 0, sums / size, np.nan)


def _modes(rows: Floats) -> dict[str, Floats]:
    """[R, S] -> each mode's [S]."""
    return {"response_mean": rows.mean(0), "first_token": rows[0]}
