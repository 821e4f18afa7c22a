"""A chat model as a system: a response for every system turn, from the instruction and what was said before.

The history is chat messages for the model's own template, or plain lines for models without one (`views.plain_chat`);
it is cut from the oldest, whole messages only, where a prompt has too many tokens. With the gold history all turns
of a window of dialogues are asked at once, so that a model in process batches them by length; with the generated one
what the system said takes the place of the reference. `simpletod` is the system with belief states.

    async for row in respond(dialogues, partial(desk.complete, "system"), ChatOptions(), DecodingOptions(num_beams=4)):
        print(row.id, row.turns[0].response)

The same history, seed and decoding give the same text, wherever the history stands and whatever else is asked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from duologue.dialogue import Dialogue, DialoguePrediction, TurnPrediction
from duologue.models.failure import ModelFailure
from duologue.models.generation.options import DecodingOptions
from duologue.models.local import LocalModel
from duologue.models.request import Message as ChatMessage
from duologue.models.request import Model, Reply, Request
from duologue.systems.answering import WINDOW, Complete, in_order, outcome_of, why_missing
from duologue.systems.fitting import fit
from duologue.views.plain_chat import plain_prompt
from duologue.views.response import Message, exchanges

Prompt: TypeAlias = str | tuple[ChatMessage, ...]
Style: TypeAlias = Literal["chat", "plain"]


class ChatOptions(BaseModel):
    """How a chat model answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instruction: str | None = None
    """Stands before the history; by default the dialogue's own, where it has one."""
    history: Literal["gold", "generated"] = "gold"
    """What earlier system turns say: the reference, or what the system answered itself."""
    style: Style | None = None
    """Messages for the model's chat template, or plain lines `user> …`, `bot> …`; by default as the model has it."""
    max_prompt_tokens: int | None = Field(default=None, ge=1)
    """The oldest messages are dropped, whole ones only, until a prompt has at most so many tokens."""
    seed: int = 0
    """Of sampling; every history has noise of its own."""


def respond(
    dialogues: Iterable[Dialogue],
    complete: Complete,
    options: ChatOptions | None = None,
    decoding: DecodingOptions | None = None,
    *,
    count_tokens: Callable[[Prompt], int] | None = None,
    window: int = WINDOW,
) -> AsyncGenerator[DialoguePrediction, None]:
    """Answer the system turns of dialogues, in input order.

    Args:
        dialogues: streamed; at most `window` are at work.
        complete: answers a request.
        options: how; without a style, chat messages.
        decoding: how each answer is decoded; greedy by default.
        count_tokens: the model's own count of a prompt, where `options.max_prompt_tokens` is set.
        window: most dialogues at work or waiting for an earlier one.

    Raises:
        ModelFailure: one that concerns every request (a dead server); any other failure leaves its turn without an
            answer and says why in its note.
    """
    system = _System(complete, options or ChatOptions(), decoding or DecodingOptions(), count_tokens)
    return in_order(dialogues, system.answer, window)


def respond_with(
    model: Model,
    options: ChatOptions,
    dialogues: Iterable[Dialogue],
    complete: Complete,
    decoding: DecodingOptions,
) -> AsyncGenerator[DialoguePrediction, None]:
    """`respond` as suits a model: prompts that fit into its context, in the style that it has.

    Args:
        model: whose requests `complete` answers.
        options: how; a style that they name holds.
        dialogues: as for `respond`.
        complete: as for `respond`.
        decoding: as for `respond`.

    Raises:
        InputError: `options.max_prompt_tokens` is set, and the model cannot count.
    """
    fitting = fit(model, decoding.max_new_tokens, options.max_prompt_tokens)
    style = options.style
    if style is None and isinstance(model, LocalModel):
        style = "chat" if model.loaded.tokenizer.chat_template else "plain"
    options = options.model_copy(update={"max_prompt_tokens": fitting.max_prompt_tokens, "style": style})
    return respond(dialogues, complete, options, decoding, count_tokens=fitting.count_tokens)


class _System:
    def __init__(
        self,
        complete: Complete,
        options: ChatOptions,
        decoding: DecodingOptions,
        count_tokens: Callable[[Prompt], int] | None,
    ) -> None:
        self._complete = complete
        self._options = options
        self._decoding = decoding.request_fields()
        self._count_tokens = count_tokens

    async def answer(self, dialogue: Dialogue) -> DialoguePrediction:
        """The gold history is asked for all at once; the system's own grows turn by turn."""
        asked = list(exchanges(dialogue, instruction=self._options.instruction))
        if self._options.history == "gold":
            turns = await asyncio.gather(*(self._turn(each.turn, each.history) for each in asked))
            return DialoguePrediction(dialogue.id, list(turns))
        said: list[TurnPrediction] = []
        for each in asked:
            own = iter(said)
            # A turn without an answer is left out of the history; its neighbours are the user's.
            history = [
                {**message, "content": next(own).response} if message["role"] == "assistant" else message
                for message in each.history
            ]
            said.append(await self._turn(each.turn, _alternating(history)))
        return DialoguePrediction(dialogue.id, said)

    async def _turn(self, turn: int, history: list[Message]) -> TurnPrediction:
        try:
            prompt = self._prompt(history)
        except ModelFailure as failure:
            return TurnPrediction(turn, "", note=why_missing(failure))
        if not prompt:
            return TurnPrediction(turn, "", note="nothing to answer")
        stop = ("\n",) if self._options.style == "plain" else ()
        request = Request(prompt, seed=seed_of(prompt, self._options.seed), stop=stop, **self._decoding)
        return _read(turn, await outcome_of(self._complete, request))

    def _prompt(self, history: list[Message]) -> Prompt:
        count, most = self._count_tokens, self._options.max_prompt_tokens
        if count is None or most is None:
            return self._rendered(history)
        return self._rendered(cut_history(history, lambda rest: count(self._rendered(rest)) <= most))

    def _rendered(self, history: Sequence[Message]) -> Prompt:
        if self._options.style == "plain":
            return plain_prompt(history)
        return tuple(ChatMessage(message["role"], message["content"]) for message in history)


def cut_history(history: list[Message], fits: Callable[[list[Message]], bool]) -> list[Message]:
    """Drop the oldest messages until the rest fits, whole ones only.

    The instruction stays, and so does the user's newest message; what is left begins with a user's message, as most
    templates want it.

    Args:
        history: messages, the instruction first where there is one.
        fits: whether a history is short enough.
    """
    if not history or fits(history):
        return history
    told = history[:1] if history[0]["role"] == "system" else []
    starts = [index for index, each in enumerate(history) if index > len(told) and each["role"] == "user"]
    if not starts:
        return history
    low, high = 0, len(starts) - 1
    while low < high:  # the first start from which the rest fits
        middle = (low + high) // 2
        low, high = (low, middle) if fits(told + history[starts[middle] :]) else (middle + 1, high)
    return told + history[starts[low] :]


def seed_of(prompt: Prompt, seed: int) -> int:
    """A seed of its own for each history (0 to 2**31 - 1), so that answers are not drawn with the same noise."""
    text = prompt if isinstance(prompt, str) else "\0".join(f"{each.role}\0{each.content}" for each in prompt)
    return int.from_bytes(hashlib.blake2b(f"{seed}\0{text}".encode(), digest_size=4).digest(), "big") >> 1


def _alternating(history: list[Message]) -> list[Message]:
    """Empty messages left out, and neighbours of one role put together."""
    kept: list[Message] = []
    for message in history:
        if not message["content"]:
            continue
        if kept and kept[-1]["role"] == message["role"]:
            kept[-1] = {**message, "content": f"{kept[-1]['content']}\n{message['content']}"}
        else:
            kept.append(message)
    return kept


def _read(turn: int, outcome: Reply | ModelFailure) -> TurnPrediction:
    if isinstance(outcome, ModelFailure):
        return TurnPrediction(turn, "", note=why_missing(outcome))
    note = "cut by length" if outcome.finish_reason == "length" else None
    return TurnPrediction(turn, " ".join(outcome.text.split()), raw=outcome.text, note=note)
