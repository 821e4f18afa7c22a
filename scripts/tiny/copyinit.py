"""Copy initialisation: an induction circuit written into the starting weights of a standard Llama.

A few million parameters trained from scratch for an hour become fluent and never learn to copy a name from the
context; with these starting weights copying is there after a hundred steps. Nothing of it is code at run time.

The residual stream of width D is divided, at the start, into orthogonal parts:

* `u`, one direction that every embedding shares (tied logits: a constant, so free). After the norm it gives queries
  and keys a constant, which Llama has no bias for.
* `T`, the token part, where the rest of every embedding lies; `S`, a random orthonormal projection inside T.
* `B1`, `B2`: empty places, to which layer 0 writes S of the previous token, and of the one before.

Layer 0: the query and key of group g come from `u` alone, on the fast rotary pairs, with a phase of exactly g + 1
tokens, so sharp that the head attends to the token g + 1 back; its value and output write S of it into B(g+1).
Layer 1: the query is S of the current token and B1 (the one before); the key is B1 and B2, that is the same two things
one step later, on the slow rotary pairs only, so that a match does not fade with distance. The head attends to the
token that followed the last occurrences of the present pair of tokens; value and output copy it into the embedding.
Matching pairs, not single tokens, is what keeps a copied sentence with repeated words on its rails.

    state = copy_initialised(SHAPE, seed=0)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from scripts.tiny.network import Network, Shape, rotary_angles


@dataclass(frozen=True)
class CopyOptions:
    """Sizes of the circuit's parts; the defaults are those of the shipped build.

    Attributes:
        token: length of the token part of an embedding.
        shared: length of `u` in an embedding, relative to `token`.
        look_back: peak attention logit over uniform weights of the layer-0 heads.
        match: attention logit of a full match in layer 1.
        stored: length of a stored token, relative to `token`.
        copied: length of the copied token part, relative to `token`.
        slow: a rotary pair is slow when it turns less than this many radians a token.
        pairs: match the last two tokens; False matches the last one only.
    """

    token: float = 0.8
    shared: float = 0.7
    look_back: float = 40.0
    match: float = 30.0
    stored: float = 1.0
    copied: float = 2.0
    slow: float = 0.006
    pairs: bool = True


def copy_initialised(shape: Shape, *, seed: int, options: CopyOptions | None = None) -> dict[str, Tensor]:
    """Starting weights with the induction circuit in layers 0 and 1.

    Args:
        shape: the architecture; two key-value groups and head_dim 64 are what the circuit is laid out for.
        seed: seed of every random part.
        options: strengths of the parts.

    Returns:
        A state dict for `Network` and for `LlamaForCausalLM` (tied embeddings).

    Raises:
        ValueError: the shape has too few layers, groups or slow rotary pairs.
    """
    options = options or CopyOptions()
    if shape.num_hidden_layers < 2 or shape.num_key_value_heads != 2:
        raise ValueError("copy initialisation needs two layers and two key-value groups")
    torch.manual_seed(seed)
    network = Network(shape)
    plain_initialise(network)
    width, head = shape.hidden_size, shape.head_dim
    slow = (rotary_angles(head, shape.rope_theta) < options.slow).nonzero().flatten()
    rank = 2 * len(slow)  # dimensions a layer-1 head has for matching
    if rank < 16:
        raise ValueError("too few slow rotary pairs: raise rope_theta or head_dim")
    share = rank // 2 if options.pairs else rank  # dimensions per matched token and head
    stored = 2 * share  # S: one part for each layer-1 group

    basis = torch.linalg.qr(torch.randn(width, width)).Q.T
    places = 2 if options.pairs else 1
    u, b, t = basis[0], basis[1 : 1 + places * stored], basis[1 + places * stored :]
    b1, b2 = b[:stored], b[stored:]
    s = torch.linalg.qr(torch.randn(len(t), stored)).Q.T @ t
    copied = torch.linalg.qr(torch.randn(len(t), min(2 * head, len(t)))).Q.T @ t

    tokens = torch.randn(shape.vocab_size, len(t)) @ t
    tokens = tokens / tokens.norm(dim=-1, keepdim=True) * options.token
    network.model.embed_tokens.weight.data = tokens + options.token * options.shared * u

    # lengths of u and of the token part once the first norm has scaled the embedding to sqrt(width)
    scale = width**0.5 / (1 + options.shared**2) ** 0.5
    constant, token = scale * options.shared, scale
    first, second = network.model.layers[0].self_attn, network.model.layers[1].self_attn
    for part in (first.q_proj, first.k_proj, second.q_proj, second.k_proj, first.o_proj, second.o_proj):
        part.weight.data.zero_()
    repeat = shape.num_attention_heads // 2

    query, keys = look_back_vectors(shape)
    strength = (options.look_back * head**0.5) ** 0.5 / constant
    for group in range(2):
        rows = slice(group * head, (group + 1) * head)
        first.k_proj.weight.data[rows] = torch.outer(keys[group], u) * strength
        place = (b1, b2)[group] if options.pairs else b1
        kept = min(stored, head)
        first.v_proj.weight.data[rows] = 0.0
        first.v_proj.weight.data[rows][:kept] = s[:kept]
        for q_head in range(group * repeat, (group + 1) * repeat):
            first.q_proj.weight.data[q_head * head : (q_head + 1) * head] = torch.outer(query, u) * strength
        if group == 0 or options.pairs:  # the first query head of the group writes; the others start silent
            columns = slice(group * repeat * head, group * repeat * head + kept)
            gain = options.stored * options.token / (token * (stored / len(t)) ** 0.5)
            first.o_proj.weight.data[:, columns] = place[:kept].T * gain

    # layer 1: how long the parts are after the second norm
    total = (1 + options.shared**2 + places * options.stored**2) ** 0.5
    per_token = width**0.5 / total * (share / len(t)) ** 0.5  # S-part of one token, for one head
    per_store = width**0.5 / total * options.stored * (share / stored) ** 0.5
    terms = 2 if options.pairs else 1
    strength = (options.match / terms * head**0.5 / (per_token * per_store)) ** 0.5
    dims = torch.cat([slow, slow + head // 2])
    for group in range(2):
        part = slice(group * share, (group + 1) * share)
        # interleave so that each matched token gets whole rotary pairs of every speed
        now, before = (dims[0::2], dims[1::2]) if options.pairs else (dims, dims[:0])
        key = torch.zeros(head, width)
        key[now[:share]] = b1[part] * strength
        query_rows = torch.zeros(head, width)
        query_rows[now[:share]] = s[part] * strength
        if options.pairs:
            even = per_token / per_store  # the stored copy is longer than the token's own S-part
            key[before[:share]] = b2[part] * strength
            query_rows[before[:share]] = b1[part] * strength * even
        second.k_proj.weight.data[group * head : (group + 1) * head] = key
        value = copied[group * head : (group + 1) * head]
        second.v_proj.weight.data[group * head : (group + 1) * head] = 0.0
        second.v_proj.weight.data[group * head : group * head + len(value)] = value
        for q_head in range(group * repeat, (group + 1) * repeat):
            second.q_proj.weight.data[q_head * head : (q_head + 1) * head] = query_rows
        columns = slice(group * repeat * head, group * repeat * head + len(value))
        gain = options.copied * options.token * total / width**0.5
        second.o_proj.weight.data[:, columns] = value.T * gain
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def look_back_vectors(shape: Shape) -> tuple[Tensor, list[Tensor]]:
    """Query [head_dim] and, for one and two tokens back, key [head_dim] whose rotary product peaks exactly there.

    The fastest pair tells neighbours apart and thirteen slower ones tell its turns apart; with these weights every
    other offset up to 2,048 stays a quarter of the peak below it.
    """
    half = shape.head_dim // 2
    angles = rotary_angles(shape.head_dim, shape.rope_theta)
    weights = torch.zeros(half)
    weights[0] = 0.58
    weights[1:14] = 0.42 / 13
    root = weights.sqrt()
    query = torch.cat([root, torch.zeros(half)])
    keys = [torch.cat([root * torch.cos(steps * angles), root * torch.sin(steps * angles)]) for steps in (1, 2)]
    return query, keys


def plain_initialise(network: Network, std: float = 0.02) -> None:
    """Normal weights of deviation `std`, output projections smaller by the depth; norms one (as GPT-2 does it)."""
    depth = 2 * len(network.model.layers)
    for name, parameter in network.named_parameters():
        if parameter.dim() == 1:
            torch.nn.init.ones_(parameter)
        else:
            small = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(parameter, std=std / depth**0.5 if small else std)
