"""Perplexity of replies under a model: how far what was said is from what it would say.

surprises = surprise(model, [tokens])                # one Surprise(nats, tokens) a reply
perplexity(surprises)                                 # exp of the mean over all tokens
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from duologue.views.tokens import Tokens


class Surprise(NamedTuple):
    """A reply: the negative log-probability of its tokens in nats, and how many they are."""

    nats: float
    tokens: int


def surprise(model: Any, texts: Iterable[Tokens]) -> Iterator[Surprise]:
    """The surprise at the marked tokens of each text, given all tokens before them.

    Args:
        model: a transformers causal language model in eval mode.
        texts: ids, with `trained` marking the reply's words; the first token of a text is never marked.
    """
    import torch

    for text in texts:
        marked = [place for place, mark in enumerate(text.trained) if mark]
        ids = torch.tensor([text.ids], device=model.device)
        before = torch.tensor([place - 1 for place in marked], device=model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, use_cache=False, logits_to_keep=before).logits[0].float()
        chosen = ids[0, before + 1]
        found = logits.log_softmax(-1).gather(-1, chosen[:, None]).sum()
        yield Surprise(-float(found), len(marked))


def perplexity(surprises: Sequence[Surprise]) -> float:
    """Exp of the mean surprise of a token; NaN where nothing was said."""
    tokens = sum(each.tokens for each in surprises)
    return math.exp(sum(each.nats for each in surprises) / tokens) if tokens else math.nan
