"""Gumbel-argmax sampling: it follows the softmax, and depends on key and position alone."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper, TypicalLogitsWarper

from duologue.models.sampling import Sampling, choose, gumbel, narrow, noise_key


def sampling(
    rows: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    key: int = 9,
    min_p: float = 0.0,
    typical_p: float = 1.0,
) -> Sampling:
    return Sampling(
        temperature=torch.full((rows,), temperature, dtype=torch.float64),
        top_p=torch.full((rows,), top_p, dtype=torch.float64),
        top_k=torch.full((rows,), top_k),
        key=torch.full((rows,), noise_key(key, 0, 0)),
        min_p=torch.full((rows,), min_p, dtype=torch.float64),
        typical_p=torch.full((rows,), typical_p, dtype=torch.float64),
    )


def test_shares_follow_the_softmax() -> None:
    rows = 40_000
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    for temperature in (0.5, 1.0, 2.0):
        tokens = choose(logits.expand(rows, 4), sampling(rows, temperature), torch.arange(rows))
        shares = torch.bincount(tokens, minlength=4) / rows
        assert torch.allclose(shares, (logits / temperature).softmax(-1), atol=0.01)


def test_noise_is_standard_gumbel_and_uncorrelated() -> None:
    noise = gumbel(torch.arange(200), torch.zeros(200, dtype=torch.long), 1000)
    assert abs(noise.mean().item() - 0.5772) < 0.02
    assert abs(noise.var().item() - torch.pi**2 / 6) < 0.03
    assert torch.corrcoef(noise[:50]).triu(1).abs().max() < 0.2
    assert noise.isfinite().all()


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10_000), st.integers(0, 7))
def test_a_row_is_the_same_in_every_batch(key: int, position: int, place: int) -> None:
    alone = gumbel(torch.tensor([key]), torch.tensor([position]), 50)
    keys = torch.arange(8)
    positions = torch.full((8,), 3)
    keys[place], positions[place] = key, position
    assert torch.equal(gumbel(keys, positions, 50)[place], alone[0])


def test_nucleus_and_top_k_keep_what_they_should() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64).log()

    def kept(**limits: Any) -> int:
        return int(narrow(logits, sampling(1, **limits)).isfinite().sum())

    assert kept(top_p=0.5) == 1
    assert kept(top_p=0.51) == 2
    assert kept(top_p=0.79) == 2
    assert kept(top_p=0.96) == 4
    assert kept(top_k=3) == 3
    assert kept(top_k=3, top_p=0.6) == 2


def test_what_is_left_out_is_what_transformers_leaves_out() -> None:
    logits = 3 * torch.randn(40, 60, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    cases: list[tuple[dict[str, Any], list[Any]]] = [
        ({"top_k": 7}, [TopKLogitsWarper(7)]),
        ({"top_p": 0.7}, [TopPLogitsWarper(0.7)]),
        ({"min_p": 0.2}, [MinPLogitsWarper(0.2)]),
        ({"typical_p": 0.6}, [TypicalLogitsWarper(0.6)]),
        (
            {"top_k": 20, "top_p": 0.95, "min_p": 0.02, "typical_p": 0.8},
            [TopKLogitsWarper(20), TopPLogitsWarper(0.95), MinPLogitsWarper(0.02), TypicalLogitsWarper(0.8)],
        ),
    ]
    for limits, warpers in cases:
        expected = logits
        for warper in warpers:
            expected = warper(None, expected)
        assert torch.equal(narrow(logits, sampling(40, **limits)), expected)


def test_each_row_has_its_own_limits() -> None:
    logits = torch.randn(3, 60, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    mixed = sampling(3)
    mixed.min_p[0], mixed.typical_p[1] = 0.3, 0.5
    together = narrow(logits, mixed)
    assert torch.equal(together[:1], narrow(logits[:1], sampling(1, min_p=0.3)))
    assert torch.equal(together[1:2], narrow(logits[1:2], sampling(1, typical_p=0.5)))
    assert torch.equal(together[2], logits[2])


def test_greedy_rows_stay_greedy_beside_sampled_ones() -> None:
    logits = torch.randn(64, 100, generator=torch.Generator().manual_seed(0))
    mixed = sampling(64)
    mixed.temperature[::2] = 0
    tokens = choose(logits, mixed, torch.arange(64))
    assert torch.equal(tokens[::2], logits.argmax(-1)[::2])
    assert not torch.equal(tokens[1::2], logits.argmax(-1)[1::2])
