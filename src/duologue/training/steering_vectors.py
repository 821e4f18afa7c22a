"""Fitting steering vectors: for each strategy the mean state of the replies that follow it, minus that of all others.

    vectors = fit_vectors(replies, loaded.model, loaded.tokenizer, layer=6)
    write_vectors(Path("vectors.safetensors"), vectors)

Difference of means in the residual stream (Rimsky et al. 2024, Contrastive Activation Addition; Turner et al. 2023),
over replies of the training conversations only. A reply counts once, by the mean of its tokens; replies are streamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.strategy_replies import StrategyReply
from duologue.errors import InputError
from duologue.models.hidden_states import hidden_states
from duologue.models.residual import blocks
from duologue.models.steering_vectors import SteeringVectors
from duologue.views.reply_tokens import by_length, with_tokens


def fit_vectors(
    replies: Sequence[StrategyReply],
    model: Any,
    tokenizer: Any,
    *,
    layer: int | None = None,
    test_share: float = 0.3,
    max_length: int = 1024,
    seed: int = 0,
    on_reply: Callable[[], object] = lambda: None,
) -> SteeringVectors:
    """Fit a vector for each strategy.

    Args:
        replies: with their strategies; at least two strategies among the training conversations.
        model: a transformers causal language model in eval mode.
        tokenizer: its tokenizer.
        layer: after which block, from 1; by default the middle one.
        test_share: of the conversations, which are left for judging what the vectors do.
        max_length: most tokens of history and reply; the oldest turns are dropped.
        seed: of the split.
        on_reply: called after each reply.

    Raises:
        InputError: no such layer, or fewer than two strategies.
    """
    depth = len(blocks(model))
    chosen = (depth + 1) // 2 if layer is None else layer
    if not 1 <= chosen <= depth:
        raise InputError(
            f"there is no layer {chosen}, the model has {depth}", where="--layer", mend=f"give 1 to {depth}"
        )
    place = conversation_splits((reply.conversation for reply in replies), dev=0, test=test_share, seed=seed)
    train = [reply for reply in replies if place[reply.conversation] == "train"]
    read = by_length(with_tokens(train, tokenizer, max_length=max_length))
    sums: dict[str, Any] = {}
    counts: dict[str, int] = {}
    streamed = hidden_states(model, ((tokens.ids, tokens.trained) for _, tokens in read), layers=[chosen])
    for (reply, _), states in zip(read, streamed, strict=True):
        mean = states[0].double().mean(0).numpy()
        sums[reply.strategy] = sums.get(reply.strategy, 0) + mean
        counts[reply.strategy] = counts.get(reply.strategy, 0) + 1
        on_reply()
    if len(sums) < 2:
        raise InputError(
            f"{len(sums)} strategies in the training part",
            where="steering vectors",
            mend="give replies of at least two strategies, or another --seed",
        )
    total, count = sum(sums.values()), sum(counts.values())
    vectors = {
        name: (own / counts[name] - (total - own) / (count - counts[name])).astype(np.float32)
        for name, own in sorted(sums.items())
    }
    fitted = {
        "replies": dict(sorted(counts.items())),
        "norms": {name: round(float(np.linalg.norm(vector)), 4) for name, vector in vectors.items()},
        "held_out": sorted(name for name, part in place.items() if part == "test"),
        "max_length": max_length,
        "seed": seed,
    }
    return SteeringVectors(chosen, vectors, fitted)
