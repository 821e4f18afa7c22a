"""A reply after its history as token ids, its own words marked: where a probe reads, and what perplexity is of.

    reply_tokens(reply, tokenizer, max_length=1024)      # Tokens, `trained` marks the words of the reply

The history is rendered as for training and asking (`response_tokens`), without the strategy or any other instruction,
so nothing but the reply can tell what it was told to do. Tokens that only end a turn are not marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from duologue.corpora.strategy_replies import StrategyReply
from duologue.views.response import exchange_of
from duologue.views.response_tokens import response_tokens
from duologue.views.tokens import Tokens, end_tokens


def reply_tokens(reply: StrategyReply, tokenizer: Any, *, max_length: int) -> Tokens | None:
    """Tokenise a reply; None where there is nothing to mark: no user before it, no words, or longer than fits."""
    exchange = exchange_of(reply)
    if exchange is None or not reply.text.strip():
        return None
    tokens = response_tokens(exchange, tokenizer, max_length=max_length)
    ends = {*end_tokens(tokenizer).values(), *tokenizer.all_special_ids}
    marked = [mark and token not in ends for token, mark in zip(tokens.ids, tokens.trained, strict=True)]
    if len(tokens.ids) > max_length or not any(marked):
        return None
    return tokens._replace(trained=marked, name=reply.id)


def with_tokens(
    replies: Iterable[StrategyReply], tokenizer: Any, *, max_length: int
) -> Iterator[tuple[StrategyReply, Tokens]]:
    """Replies with their tokens; those without are left out."""
    for reply in replies:
        tokens = reply_tokens(reply, tokenizer, max_length=max_length)
        if tokens is not None:
            yield reply, tokens


def by_length(read: Iterable[tuple[StrategyReply, Tokens]]) -> list[tuple[StrategyReply, Tokens]]:
    """The shortest first, so that those read together are of about the same length."""
    return sorted(read, key=lambda each: len(each[1].ids))
