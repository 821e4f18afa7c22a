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
        min_p: 0 keeps everything.
        typical_p: 1 keeps everything.
    """

    temperature: Tensor
    top_p: Tensor
    top_k: Tensor
    key: Tensor
    min_p: Tensor
    typical_p: Tensor

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
    """Rule out (by -inf) what top-k, top-p, min-p and typical-p leave out, in this order, as transformers does.

    Min-p (Nguyen et al. 2024) keeps what is at least so probable relative to the most probable token. Locally typical
    sampling (Meister et al. 2022, eq. 5) keeps the tokens whose surprisal is nearest to the entropy. One always stays.
    """
    if bool(((sampling.top_k > 0) | (sampling.top_p < 1)).any()):
        ordered, order = logits.sort(dim=-1, descending=True, stable=True)
        rank = torch.arange(logits.shape[-1], device=logits.device)
        out = (sampling.top_k > 0)[:, None] & (rank >= sampling.top_k[:, None])
        probable = ordered.masked_fill(out, -torch.inf).softmax(-1)
        out |= _beyond(probable, sampling.top_p)
        logits = _rule_out(logits, order, out)
    if bool((sampling.min_p > 0).any()):
        probable = logits.softmax(-1)
        least = sampling.min_p[:, None] * probable.amax(-1, keepdim=True)
        logits = logits.masked_fill(probable < least, -torch.inf)
    if bool((sampling.typical_p < 1).any()):
        logs = logits.log_softmax(-1)
        entropy = torch.special.entr(logs.exp()).sum(-1, keepdim=True)
        order = (-logs - entropy).abs().argsort(dim=-1, stable=True)
        probable = logs.exp().gather(-1, order)
        logits = _rule_out(logits, order, _beyond(probable, sampling.typical_p))
    return logits


def _beyond(probable: Tensor, mass: Tensor) -> Tensor:
    """Which of the probabilities [rows, ranks] come after `mass` [rows] is reached; never the first."""
    before = probable.cumsum(-1) - probable
    later = torch.arange(probable.shape[-1], device=probable.device) > 0
    return (before >= mass[:, None]) & (mass < 1)[:, None] & later


def _rule_out(logits: Tensor, order: Tensor, out: Tensor) -> Tensor:
    """Rule out what `out` says of the tokens as they stand in `order`, all [rows, vocabulary]."""
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
