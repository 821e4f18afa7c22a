"""A model that answers by a strategy: the supporter's own one at each turn, or the same one throughout.

The prompt is a steered one (`prompts.steering`): the history is the gold one, its layout and wording are options, and
where a model in process has no room for it, it loses its oldest turns, a pair at a time. `chat` is the system without
strategies.

    async for row in respond(dialogues, partial(desk.complete, "system"), SteeredOptions(strategy="Offer Hope")): ...
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from pydantic import Field

from duologue.corpora.continuation_points import Answered, answered
from duologue.corpora.conversation_text.reply import cleaned
from duologue.corpora.strategy_labels import STRATEGY
from duologue.dialogue import Dialogue, DialoguePrediction, Turn, TurnPrediction
from duologue.models.failure import ModelFailure
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Message, Model, Request
from duologue.prompts.steered_replies import cut_to_fit
from duologue.prompts.steering_options import SteeringOptions
from duologue.systems.answering import WINDOW, Complete, in_order, outcome_of, why_missing
from duologue.systems.chat import seed_of
from duologue.systems.fitting import fit

GOLD = "gold"


class SteeredOptions(SteeringOptions):
    """By which strategies a model answers."""

    strategy: str = GOLD
    """`gold` takes the supporter's own at each turn, `unconditional` none; otherwise the name of one."""
    max_prompt_tokens: int | None = Field(default=None, ge=1)
    """The oldest turns are dropped, a pair at a time, until a prompt has at most so many tokens."""
    seed: int = 0
    """Of sampling; every history has noise of its own."""


def respond(
    dialogues: Iterable[Dialogue],
    complete: Complete,
    options: SteeredOptions | None = None,
    decoding: DecodingOptions | None = None,
    *,
    count_tokens: Callable[[tuple[Message, ...]], int] | None = None,
    window: int = WINDOW,
) -> AsyncGenerator[DialoguePrediction, None]:
    """Answer the supporter's turns of dialogues, in input order.

    Args:
        dialogues: streamed; at most `window` are at work.
        complete: answers a request.
        options: by which strategies, and how they are told.
        decoding: how each answer is decoded; greedy by default.
        count_tokens: the model's own count of a prompt, where `options.max_prompt_tokens` is set.
        window: most dialogues at work or waiting for an earlier one.

    Raises:
        InputError: a strategy that there is not.
        ModelFailure: one that concerns every request (a dead server); any other failure leaves its turn without an
            answer and says why in its note.
    """
    system = _System(complete, options or SteeredOptions(), decoding or DecodingOptions(), count_tokens)
    return in_order(dialogues, system.answer, window)


def respond_with(
    model: Model,
    options: SteeredOptions,
    dialogues: Iterable[Dialogue],
    complete: Complete,
    decoding: DecodingOptions,
) -> AsyncGenerator[DialoguePrediction, None]:
    """`respond` with prompts that fit into a model's context.

    Raises:
        InputError: as for `respond`; or `options.max_prompt_tokens` is set, and the model cannot count.
    """
    fitting = fit(model, decoding.max_new_tokens, options.max_prompt_tokens)
    options = options.model_copy(update={"max_prompt_tokens": fitting.max_prompt_tokens})
    return respond(dialogues, complete, options, decoding, count_tokens=fitting.count_tokens)


class _System:
    def __init__(
        self,
        complete: Complete,
        options: SteeredOptions,
        decoding: DecodingOptions,
        count_tokens: Callable[[tuple[Message, ...]], int] | None,
    ) -> None:
        self._complete = complete
        self._options = options
        self._known = options.known()
        self._decoding: dict[str, Any] = decoding.request_fields()
        self._count_tokens = count_tokens
        if options.strategy != GOLD:
            options.must_know(options.strategy, self._known, "--strategy")

    async def answer(self, dialogue: Dialogue) -> DialoguePrediction:
        """All turns at once: the history is the gold one."""
        turns = await asyncio.gather(*(self._turn(dialogue, each) for each in answered(dialogue)))
        return DialoguePrediction(dialogue.id, list(turns))

    async def _turn(self, dialogue: Dialogue, asked: Answered) -> TurnPrediction:
        strategy = self._options.strategy
        if strategy == GOLD:
            labels = asked.turn.labels.get(STRATEGY, [])
            if not labels:
                return TurnPrediction(asked.at, "", note="no gold strategy")
            strategy = labels[-1]
            self._options.must_know(strategy, self._known, f"dialogue {dialogue.id}, turn {asked.at}")
        try:
            prompt = self._prompt(asked.history, strategy, dialogue.facts.get("situation"))
        except ModelFailure as failure:
            return TurnPrediction(asked.at, "", note=why_missing(failure), strategy=strategy)
        request = Request(prompt, seed=seed_of(prompt, self._options.seed), **self._decoding)
        outcome = await outcome_of(self._complete, request)
        if isinstance(outcome, ModelFailure):
            return TurnPrediction(asked.at, "", note=why_missing(outcome), strategy=strategy)
        note = "cut by length" if outcome.finish_reason == "length" else None
        said = " ".join(cleaned(outcome.text, strategy).split())
        return TurnPrediction(asked.at, said, raw=outcome.text, note=note, strategy=strategy)

    def _prompt(self, history: list[Turn], strategy: str, situation: str | None) -> tuple[Message, ...]:
        def rendered(turns: list[Turn]) -> tuple[Message, ...]:
            return self._options.prompt(turns, strategy, self._known, situation).messages

        count, most = self._count_tokens, self._options.max_prompt_tokens
        if count is None or most is None:
            return rendered(history)
        return rendered(cut_to_fit(history, lambda turns: count(rendered(turns)) <= most))
