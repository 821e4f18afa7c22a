"""How much attention a reply pays to the parts of its prompt, without ever holding a whole attention tensor."""

from __future__ import annotations

from duologue.models.attention.watched import ReplyAttention, Watched

__all__ = ["ReplyAttention", "Watched"]
