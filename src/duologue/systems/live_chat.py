"""A conversation with a person: steered replies of one model, or of two to the same history, and what was preferred.

    chat = LiveChat([Side("tiny", complete, fit)])
    chat.strategy = EXTENDED["Offer Hope"]
    said = await chat.say("I lost my job.")
    said[0].text

Two sides answer the same history. After a vote the preferred reply goes on, without one (and after a tie) the first, so
that the replies are always two branches from one point: a preference pair. `chat.dialogue()` is the transcript.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias
from uuid import uuid4

from duologue.corpora.conversation_text.reply import cleaned
from duologue.corpora.strategies import UNCONDITIONAL, Strategy
from duologue.dialogue import Branch, Dialogue, Turn
from duologue.measures.self_harm import suggests_self_harm
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Message, Request
from duologue.prompts.steered_replies import cut_to_fit
from duologue.prompts.steering import Layout, Wording, steered_prompt
from duologue.systems.answering import Complete
from duologue.systems.chat import seed_of
from duologue.systems.fitting import Fit

ROLES = {"user": "seeker", "system": "supporter"}
SELF_HARM = "self-harm"
Choice: TypeAlias = int | Literal["tie"]
"""The number of the side that was preferred, or neither."""


class Side(NamedTuple):
    """Who answers: a model with a layout.

    Attributes:
        name: the model's.
        complete: answers a request.
        fit: how its prompts are kept short enough.
        layout: where the strategy's instruction stands.
    """

    name: str
    complete: Complete
    fit: Fit = Fit(None, None)
    layout: Layout = "standard"

    @property
    def title(self) -> str:
        """What it is called on the screen."""
        return f"{self.name} · {self.layout}"


class Said(NamedTuple):
    """A side's reply; `side` is its title."""

    side: str
    text: str


@dataclass
class _Exchange:
    """A message, the strategy it was answered by, the sides' replies, and which was preferred."""

    message: Turn
    strategy: str
    replies: list[str]
    choice: Choice | None = None

    @property
    def taken(self) -> int:
        """The side whose reply goes on."""
        return self.choice if isinstance(self.choice, int) else 0


@dataclass
class LiveChat:
    """One conversation; `reset` begins the next.

    Attributes:
        sides: one or two.
        wording: of the strategy's instruction.
        decoding: how replies are decoded.
        seed: of sampling; the same history and seed give the same reply.
        strategy: what the next reply follows; None for none.
    """

    sides: Sequence[Side]
    wording: Wording = "training"
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    seed: int = 0
    strategy: Strategy | None = None
    _exchanges: list[_Exchange] = field(default_factory=list)
    _id: str = field(default_factory=lambda: _new_id())

    @property
    def turns(self) -> list[Turn]:
        """What was said so far, of the replies those that went on."""
        return [turn for each in self._exchanges for turn in (each.message, self._reply(each, each.taken))]

    async def say(self, text: str) -> list[Said]:
        """Answer a message; when a side fails, the message is taken back.

        Raises:
            ModelFailure: a model gave no answer.
            InputError: the message has a character that no prompt may have.
        """
        noticed = {"notice": [SELF_HARM]} if suggests_self_harm(text) else {}
        message = Turn("user", text, labels=noticed)
        history = [*self.turns, message]
        replies = await asyncio.gather(*(self._ask(side, history) for side in self.sides))
        self._exchanges.append(_Exchange(message, self.strategy.name if self.strategy else UNCONDITIONAL, replies))
        return [Said(side.title, reply) for side, reply in zip(self.sides, replies, strict=True)]

    def vote(self, choice: Choice) -> None:
        """Say which of the last replies is better; another vote takes the place of the first.

        Raises:
            ValueError: there is nothing to vote on.
        """
        if not self._exchanges or len(self.sides) < 2:
            raise ValueError("no two replies to choose from")
        self._exchanges[-1].choice = choice

    def reset(self) -> None:
        """Begin a new conversation; the strategy stays."""
        self._exchanges, self._id = [], _new_id()

    def dialogue(self) -> Dialogue | None:
        """The transcript; None while nothing was answered."""
        if not self._exchanges:
            return None
        branches = []
        if len(self.sides) > 1:
            for number, each in enumerate(self._exchanges):
                branches += [self._branch(number, each, side) for side in range(len(self.sides))]
        return Dialogue(self._id, self.turns, roles=dict(ROLES), branches=branches)

    async def _ask(self, side: Side, history: list[Turn]) -> str:
        prompt = self._prompt(side, history)
        request = Request(prompt, seed=seed_of(prompt, self.seed), **self.decoding.request_fields())
        reply = await side.complete(request)
        return cleaned(reply.text, self.strategy.name if self.strategy else UNCONDITIONAL)

    def _prompt(self, side: Side, history: list[Turn]) -> tuple[Message, ...]:
        """The prompt of the longest end of the history that fits."""

        def rendered(turns: list[Turn]) -> tuple[Message, ...]:
            return steered_prompt(turns, self.strategy, side.layout, self.wording).messages

        most, count = side.fit
        if most is None or count is None:
            return rendered(history)
        return rendered(cut_to_fit(history, lambda turns: count(rendered(turns)) <= most))

    def _reply(self, each: _Exchange, side: int) -> Turn:
        told = self.sides[side]
        labels = {"strategy": each.strategy, "layout": told.layout, "wording": self.wording, "model": told.name}
        return Turn("system", each.replies[side], labels={name: [value] for name, value in labels.items()})

    def _branch(self, number: int, each: _Exchange, side: int) -> Branch:
        turn = self._reply(each, side)
        labels = dict(turn.labels)
        if each.choice is not None:
            chosen = "tie" if each.choice == "tie" else "chosen" if each.choice == side else "rejected"
            labels["preference"] = [chosen]
        return Branch(f"{self._id}-t{number + 1}-{'ab'[side]}", 2 * number + 1, [turn], labels=labels)


def _new_id() -> str:
    return f"chat-{uuid4().hex[:12]}"
