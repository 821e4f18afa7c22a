"""The training forward of the embedded model: a Llama in plain torch, on the names of its checkpoint.

The shipped model is an ordinary `LlamaForCausalLM`. Its transformers implementation spends most of a CPU step
between matrix products; this one computes the same numbers from the same state dict (a test compares them) with fused
projections, and `torch.compile` can fuse the rest.

    network = Network(SHAPE); network.load_state_dict(...); loss = network.loss(tokens, targets, weights, mask)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """The architecture, in the words of `LlamaConfig`."""

    vocab_size: int = 1280
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 64
    intermediate_size: int = 672
    rope_theta: float = 1e5
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 4096

    def asdict(self) -> dict[str, int | float]:
        """The shape as `LlamaConfig` keywords."""
        return asdict(self)


class Attention(nn.Module):
    """Grouped-query attention with rotary positions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, head = shape.hidden_size, shape.head_dim
        self.q_proj = nn.Linear(width, shape.num_attention_heads * head, bias=False)
        self.k_proj = nn.Linear(width, shape.num_key_value_heads * head, bias=False)
        self.v_proj = nn.Linear(width, shape.num_key_value_heads * head, bias=False)
        self.o_proj = nn.Linear(shape.num_attention_heads * head, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Attend: `x` [B, L, D], `cos`/`sin` [L, head], `mask` [B, 1, L, L] (True: may be seen)."""
        shape = self.shape
        batch, length, _ = x.shape
        heads, groups, head = shape.num_attention_heads, shape.num_key_value_heads, shape.head_dim
        weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
        packed = F.linear(x, weight).view(batch, length, heads + 2 * groups, head).transpose(1, 2)
        turned = packed[:, : heads + groups]
        half = head // 2
        rotated = torch.cat([-turned[..., half:], turned[..., :half]], dim=-1)
        turned = turned * cos + rotated * sin
        query, key = turned[:, :heads], turned[:, heads:]
        value = packed[:, heads + groups :]
        repeat = heads // groups
        key = key.repeat_interleave(repeat, dim=1)
        value = value.repeat_interleave(repeat, dim=1)
        out = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, heads * head))


class Feedforward(nn.Module):
    """The gated feed-forward part (SwiGLU)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.up_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.down_proj = nn.Linear(shape.intermediate_size, shape.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map `x` [B, L, D] to the same shape."""
        gate, up = F.linear(x, torch.cat([self.gate_proj.weight, self.up_proj.weight])).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)


class Block(nn.Module):
    """One decoder layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(shape.hidden_size, eps=shape.rms_norm_eps)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = nn.RMSNorm(shape.hidden_size, eps=shape.rms_norm_eps)
        self.mlp = Feedforward(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Residual attention, then residual feed-forward."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding, layers and last norm (`model.` in a Llama checkpoint)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.num_hidden_layers))
        self.norm = nn.RMSNorm(shape.hidden_size, eps=shape.rms_norm_eps)


class Network(nn.Module):
    """A Llama with tied embeddings; parameter names are those of `LlamaForCausalLM`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Decoder(shape)

    def rotary(self, length: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine tables [length, head_dim] of the rotary positions."""
        half = self.shape.head_dim // 2
        angle = rotary_angles(self.shape.head_dim, self.shape.rope_theta)
        turn = torch.outer(torch.arange(length, dtype=torch.float32), angle[:half])
        return torch.cat([turn, turn], dim=-1).cos(), torch.cat([turn, turn], dim=-1).sin()

    def hidden(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states [B, L, D] of `tokens` [B, L] under `mask` [B, 1, L, L]."""
        x = self.model.embed_tokens(tokens)
        cos, sin = self.rotary(tokens.shape[1])
        if torch.is_autocast_enabled("cpu"):
            x, cos, sin = x.bfloat16(), cos.bfloat16(), sin.bfloat16()
        for block in self.model.layers:
            x = block(x, cos, sin, mask)
        return self.model.norm(x)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Logits [B, L, V]."""
        return F.linear(self.hidden(tokens, mask), self.model.embed_tokens.weight)

    def losses(self, tokens: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
        """Cross entropy per position [B * L], unweighted."""
        logits = self.forward(tokens, mask)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")


def rotary_angles(head_dim: int, theta: float) -> Tensor:
    """Angle in radians by which each rotary pair turns per token, fastest first [head_dim / 2]."""
    return theta ** -(torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)


def block_mask(segments: Tensor) -> Tensor:
    """Causal mask [B, 1, L, L] in which a token sees only its own segment (`segments` [B, L] of example numbers)."""
    length = segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    return ((segments[:, :, None] == segments[:, None, :]) & causal)[:, None]
