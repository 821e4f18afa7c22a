"""Choosing the next token so that the same seed gives the same text, in whatever batch a request is decoded.

Sampling from softmax(logits / T) is the argmax of logits / T plus Gumbel noise (Gumbel 1954; Maddison,
Tarlow and Minka, 2014, "A* Sampling"). The noise is a function of the request's seed, the position in its
answer and the token, computed by a counter-based generator (SplitMix64: Steele, Lea and Flood, 2014), never
drawn from a stream: it knows nothing of the other rows, and is the same on every device.

    tokens = choose(logits, sampling, position)
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import torch
from torch import Tensor

_GAMMA = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed 64-bit integer
_MIX_1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
_MIX_2 = -7723592293110705685  # 0x94D049BB133111EB


class Sampling(NamedTuple):
    """How each row of a batch is sampled; every field is a tensor [rows].

    Attributes:
        temperature: 0 is greedy.
        top_p: 1 keeps everything.
        top_k: 0 keeps everything.
        key: The row's key (int64), from `noise_key`.
    """

    temperature: Tensor
    top_p: Tensor
    top_k: Tensor
    key: Tensor

    def rows(self, indices: Tensor) -> Sampling:
        """The same for these rows only."""
        return Sampling(*(field[indices] for field in self))


def noise_key(seed: int, draw: int, choice: int) -> int:
    """The key of one answer's noise (a signed 64-bit integer)."""
    digest = hashlib.blake2b(f"{seed}:{draw}:{choice}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def choose(logits: Tensor, sampling: Sampling, positions: Tensor) -> Tensor:
    """Choose each row's next token.

    Args:
        logits: [rows, vocabulary], any floating type.
        sampling: Parameters per row.
        positions: [rows], how many tokens each answer already has.

    Returns:
        Token ids, int64 [rows].
    """
    greedy = sampling.temperature == 0
    if bool(greedy.all()):
        return logits.argmax(-1)
    scaled = logits.double() / sampling.temperature.masked_fill(greedy, 1.0)[:, None]
    noisy = narrow(scaled, sampling) + gumbel(sampling.key, positions, logits.shape[-1])
    return torch.where(greedy, logits.argmax(-1), noisy.argmax(-1))


def narrow(logits: Tensor, sampling: Sampling) -> Tensor:
    """Rule out (by -inf) what top-k and top-p leave out; the most probable token always stays."""
    limited = bool((sampling.top_k > 0).any()), bool((sampling.top_p < 1).any())
    if not any(limited):
        return logits
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    rank = torch.arange(logits.shape[-1], device=logits.device)
    out = torch.zeros_like(logits, dtype=torch.bool)
    if limited[0]:
        out |= (sampling.top_k > 0)[:, None] & (rank >= sampling.top_k[:, None])
    if limited[1]:
        probable = ordered.masked_fill(out, -torch.inf).softmax(-1)
        before = probable.cumsum(-1) - probable
        out |= (before >= sampling.top_p[:, None]) & (sampling.top_p < 1)[:, None] & (rank > 0)
    return logits.masked_fill(torch.zeros_like(out).scatter(-1, order, out), -torch.inf)


def gumbel(key: Tensor, positions: Tensor, vocabulary: int) -> Tensor:
    """Standard Gumbel noise that depends on nothing but key, position and token.

    Args:
        key: int64 [rows].
        positions: int64 [rows].
        vocabulary: How many tokens.

    Returns:
        float64 [rows, vocabulary].
    """
    stream = _mix(key + _GAMMA * (positions + 1))
    token = torch.arange(1, vocabulary + 1, device=key.device, dtype=torch.int64)
    bits = _mix(stream[:, None] + _GAMMA * token)
    uniform = (_shift(bits, 11).double() + 0.5) * 2.0**-53
    return -torch.log(-torch.log(uniform))


def _mix(value: Tensor) -> Tensor:
    value = (value ^ _shift(value, 30)) * _MIX_1
    value = (value ^ _shift(value, 27)) * _MIX_2
    return value ^ _shift(value, 31)


def _shift(value: Tensor, bits: int) -> Tensor:
    """Shift right as if unsigned, which torch's int64 is not."""
    return (value >> bits) & ((1 << (64 - bits)) - 1)
