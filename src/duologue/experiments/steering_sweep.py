"""Steering vectors at several strengths: does the reply follow the strategy, and is it still fluent?

    swept = await sweep_strengths(histories, vectors, model, classifier, Path("runs/s/ledger"), strengths=(0.0, 4.0))
    swept.rows[1].following, swept.rows[1].perplexity

The histories are those of conversations that the vectors were not fitted on. The model is asked without any strategy;
only the vector says what is wanted, so strength 0 is the model's own habit. Perplexity is that of the replies under the
model as it is; distinct-n falls when steering makes it repeat itself. A ledger keeps each reply as it comes, so to
resume is to run again.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from duologue.corpora.strategy_replies import StrategyReply
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.distinct import distinct, ngrams
from duologue.evaluation.steering.following import FollowingRow, recognise, score_following
from duologue.evaluation.steering.perplexity import Surprise, perplexity, surprise
from duologue.measures.words import words
from duologue.models.desk import ModelDesk
from duologue.models.generation.options import DecodingOptions
from duologue.models.ledger import Ledger
from duologue.models.live import LiveModel
from duologue.models.local import LocalModel
from duologue.models.receipt import Receipt
from duologue.models.request import Message, Reply, Request
from duologue.models.steering_vectors import SteeringVectors
from duologue.models.text_classifier import TextClassifier
from duologue.systems.answering import outcome_of
from duologue.systems.chat import Prompt, cut_history, seed_of
from duologue.views.plain_chat import plain_prompt
from duologue.views.reply_tokens import reply_tokens
from duologue.views.response import Message as ChatLine
from duologue.views.response import exchange_of


class StrengthRow(msgspec.Struct, frozen=True):
    """One strength.

    Attributes:
        strength: by which the vectors were multiplied.
        replies, empty: how many were asked for, and how many of them say nothing.
        following: percent in which the classifier recognises what the vector steers to.
        strategies: the same for each strategy.
        perplexity: of all reply tokens under the model without steering; None where nothing was said.
        distinct_1, distinct_2: percent of words, and of pairs of words, that differ among the replies of one strategy;
            the mean over the strategies; None where no reply is long enough.
        mean_words: of a reply.
    """

    strength: float
    replies: int
    empty: int
    following: Figure
    strategies: dict[str, Figure]
    perplexity: float | None
    distinct_1: float | None
    distinct_2: float | None
    mean_words: float


class Steered(msgspec.Struct, frozen=True):
    """A reply that was steered, and what it was taken for."""

    id: str
    conversation: str
    strategy: str
    strength: float
    text: str
    recognised: str
    perplexity: float | None


class Swept(NamedTuple):
    """The table, every reply, and what was asked for them."""

    rows: list[StrengthRow]
    replies: list[Steered]
    receipt: Receipt


def held_out_histories(
    replies: Sequence[StrategyReply], vectors: SteeringVectors, *, limit: int | None = None, seed: int = 0
) -> list[StrategyReply]:
    """One reply for each history of the conversations left for judging; at most `limit`, drawn by seed and id.

    Raises:
        InputError: none of the conversations is among them.
    """
    held_out = set(vectors.fitted["held_out"])
    found = {
        (reply.conversation, reply.depth): reply
        for reply in reversed(replies)
        if reply.conversation in held_out and exchange_of(reply) is not None
    }
    if not found:
        raise InputError(
            "no history of a conversation that the vectors were not fitted on",
            where="--data",
            mend="give the data of `duologue train steering`",
        )
    order = sorted(found.values(), key=lambda reply: hashlib.sha256(f"{seed}/{reply.id}".encode()).digest())
    return order[:limit]


async def sweep_strengths(
    histories: Sequence[StrategyReply],
    vectors: SteeringVectors,
    model: LocalModel,
    classifier: TextClassifier,
    ledger: Path,
    *,
    strengths: Sequence[float],
    decoding: DecodingOptions | None = None,
    seed: int = 0,
    on_reply: Callable[[], object] = lambda: None,
) -> Swept:
    """Answer every history once for each strategy and strength.

    Args:
        histories: of `held_out_histories`.
        vectors: the strategies to steer to.
        model: in process; it is left as it was.
        classifier: that knows these strategies.
        ledger: the folder where replies are kept.
        strengths: each gives a row; the same seeds are used for all.
        decoding: how each reply is decoded; greedy by default.
        seed: of sampling and the bootstrap.
        on_reply: called after each reply.

    Raises:
        InputError: the vectors belong to another model, or the classifier does not know a strategy.
        LedgerError: the ledger cannot be written or read.
    """
    decoding = decoding or DecodingOptions()
    rows, everything = [], []
    live = {
        _role(strategy, strength): _steered(model, vectors, strategy, strength)
        for strength in strengths
        for strategy in vectors.vectors
    }
    async with ModelDesk(live, ledger=Ledger(ledger)) as desk:
        for strength in strengths:
            told: list[StrategyReply] = []
            for strategy in vectors.vectors:
                if strength == 0 and told:  # nothing is added, so every strategy has the same replies
                    texts = [reply.text for reply in told[: len(histories)]]
                else:
                    role = _role(strategy, strength)
                    texts = await _answers(histories, live[role], role, desk, decoding, seed, on_reply)
                told += [
                    reply._replace(id=f"{reply.id}>{strategy}", strategy=strategy, text=text)
                    for reply, text in zip(histories, texts, strict=True)
                ]
            following = recognise(told, classifier)
            surprises = _surprises(told, model)
            rows.append(_row(strength, told, following, surprises, seed))
            everything += [
                Steered(
                    reply.id, reply.conversation, reply.strategy, strength, reply.text, row.recognised, _finite([own])
                )
                for reply, row, own in zip(told, following, surprises, strict=True)
            ]
    return Swept(rows, everything, desk.receipt)


def _role(strategy: str, strength: float) -> str:
    return f"{strategy} {strength}"


def _steered(model: LocalModel, vectors: SteeringVectors, strategy: str, strength: float) -> LiveModel:
    """The same weights, steered; its fingerprint is that of `--steer`, so are the keys of its replies."""
    loaded, steering = model.loaded, vectors.steering(strategy, strength)
    return LiveModel(loaded.model, loaded.tokenizer, name=model.name, steering=steering, fingerprint=model.fingerprint)


async def _answers(
    histories: Sequence[StrategyReply],
    live: LiveModel,
    role: str,
    desk: ModelDesk,
    decoding: DecodingOptions,
    seed: int,
    on_reply: Callable[[], object],
) -> list[str]:
    room = max(live.loaded.context - decoding.max_new_tokens, 1)
    plain = not live.loaded.tokenizer.chat_template

    async def answer(reply: StrategyReply) -> str:
        exchange = exchange_of(reply)
        assert exchange is not None
        history = cut_history(exchange.history, lambda rest: live.count_tokens(_prompt(rest, plain)) <= room)
        prompt = _prompt(history, plain)
        stop = ("\n",) if plain else ()
        request = Request(prompt, seed=seed_of(prompt, seed), stop=stop, **decoding.request_fields())
        outcome = await outcome_of(partial(desk.complete, role), request)
        if not isinstance(outcome, Reply) and outcome.kind != "empty_reply":
            raise outcome
        on_reply()
        return " ".join(outcome.text.split()) if isinstance(outcome, Reply) else ""

    try:
        return await asyncio.gather(*(answer(reply) for reply in histories))
    finally:
        await live.close()


def _prompt(history: Sequence[ChatLine], plain: bool) -> Prompt:
    if plain:
        return plain_prompt(history)
    return tuple(Message(each["role"], each["content"]) for each in history)


def _surprises(told: Sequence[StrategyReply], model: LocalModel) -> list[Surprise]:
    """Of each reply under the model without steering; nothing for one that says nothing."""
    loaded = model.loaded
    tokens = [reply_tokens(reply, loaded.tokenizer, max_length=loaded.context) for reply in told]
    found = surprise(loaded.model, (each for each in tokens if each is not None))
    return [Surprise(0.0, 0) if each is None else next(found) for each in tokens]


def _row(
    strength: float,
    told: Sequence[StrategyReply],
    following: Sequence[FollowingRow],
    surprises: Sequence[Surprise],
    seed: int,
) -> StrengthRow:
    score = score_following(following, seed=seed)
    return StrengthRow(
        strength=strength,
        replies=len(told),
        empty=sum(not reply.text for reply in told),
        following=score.accuracy,
        strategies={name: share.accuracy for name, share in score.strategies.items()},
        perplexity=_finite(surprises),
        distinct_1=_distinct(told, 1),
        distinct_2=_distinct(told, 2),
        mean_words=sum(len(words(reply.text)) for reply in told) / len(told),
    )


def _distinct(told: Sequence[StrategyReply], order: int) -> float | None:
    said: dict[str, list[list[tuple[str, ...]]]] = defaultdict(list)
    for reply in told:
        said[reply.strategy].append(ngrams([words(reply.text)], order))
    found = [value for each in said.values() if math.isfinite(value := distinct(each).value)]
    return sum(found) / len(found) if found else None


def _finite(surprises: Sequence[Surprise]) -> float | None:
    return perplexity(surprises) if any(each.tokens for each in surprises) else None
