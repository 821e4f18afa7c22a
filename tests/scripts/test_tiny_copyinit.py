"""Copy initialisation: before any training the heads look where they should and a repeated text goes on as it began."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from scripts.tiny.copyinit import copy_initialised
from scripts.tiny.network import Network, Shape, block_mask

SHAPE = Shape(vocab_size=400, rope_theta=1e6)


@pytest.fixture(scope="module")
def network() -> Network:
    network = Network(SHAPE)
    network.load_state_dict(copy_initialised(SHAPE, seed=3))
    return network.eval()


def attention(network: Network, tokens: Tensor, layer: int, head: int) -> Tensor:
    """Attention weights [L, L] of one head."""
    with torch.no_grad():
        mask = block_mask(torch.zeros_like(tokens))
        cos, sin = network.rotary(tokens.shape[1])
        x = network.model.embed_tokens(tokens)
        for block in network.model.layers[:layer]:
            x = block(x, cos, sin, mask)
        block = network.model.layers[layer]
        normed = block.input_layernorm(x)[0]
        size = SHAPE.head_dim
        group = head // (SHAPE.num_attention_heads // SHAPE.num_key_value_heads)
        query = normed @ block.self_attn.q_proj.weight[head * size : (head + 1) * size].T
        key = normed @ block.self_attn.k_proj.weight[group * size : (group + 1) * size].T

        def turn(v: Tensor) -> Tensor:
            return v * cos + torch.cat([-v[:, size // 2 :], v[:, : size // 2]], dim=-1) * sin

        scores = turn(query) @ turn(key).T / size**0.5
        return scores.masked_fill(~mask[0, 0], -torch.inf).softmax(-1)


@pytest.mark.parametrize(("head", "back"), [(0, 1), (2, 2)])
def test_layer_0_looks_exactly_one_and_two_tokens_back(network: Network, head: int, back: int) -> None:
    tokens = torch.randint(SHAPE.vocab_size, (1, 1500), generator=torch.Generator().manual_seed(0))
    weights = attention(network, tokens, layer=0, head=head)
    rows = torch.arange(10, 1500)
    assert weights[rows, rows - back].min() > 0.95


def test_layer_1_looks_at_what_followed_the_same_two_tokens(network: Network) -> None:
    period = 300
    segment = torch.randint(SHAPE.vocab_size, (1, period), generator=torch.Generator().manual_seed(1))
    weights = attention(network, segment.repeat(1, 2), layer=1, head=0)
    rows = torch.arange(period + 5, 2 * period - 1)
    assert weights[rows, rows - period + 1].median() > 0.9


def test_a_pair_of_tokens_tells_apart_what_one_does_not(network: Network) -> None:
    """After "a b" comes c, after "x b" comes d: one token back does not tell which."""
    a, b, c, x, d = 11, 12, 13, 14, 15
    filler = list(range(100, 160))
    tokens = torch.tensor([[a, b, c, *filler, x, b, d, *filler, a, b]])
    mask = block_mask(torch.zeros_like(tokens))
    with torch.no_grad():
        logits = network(tokens, mask)[0, -1]
    assert logits[c] > logits[d]


def test_a_repeated_text_goes_on_before_any_training(network: Network) -> None:
    segment = torch.randint(SHAPE.vocab_size, (4, 100), generator=torch.Generator().manual_seed(2))
    tokens = segment.repeat(1, 3)
    with torch.no_grad():
        guess = network(tokens, block_mask(torch.zeros_like(tokens))).argmax(-1)
    assert (guess[:, 105:-1] == tokens[:, 106:]).float().mean() > 0.9


def test_the_training_forward_is_that_of_llama(network: Network, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from scripts.tiny.export import export

    export(network.state_dict(), SHAPE, tmp_path, dtype=torch.float32)
    llama = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    tokens = torch.randint(SHAPE.vocab_size, (2, 64))
    with torch.no_grad():
        ours = network(tokens, block_mask(torch.zeros_like(tokens)))
        theirs = llama(tokens).logits
    assert (ours - theirs).abs().max() < 1e-3


def test_examples_in_one_line_do_not_see_one_another(network: Network) -> None:
    one, two = torch.randint(400, (1, 30)), torch.randint(400, (1, 40))
    line = torch.cat([one, two], dim=1)
    segments = torch.tensor([[0] * 30 + [1] * 40])
    with torch.no_grad():
        together = network(line, block_mask(segments))[0, 30:]
        alone = network(two, block_mask(torch.zeros_like(two)))[0]
    assert torch.allclose(together, alone, atol=1e-3)
