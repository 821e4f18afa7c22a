"""A conversation with a person: replies of one model, or of two to the same history, and what was preferred.

    chat = LiveChat([Side("tiny", complete, fit, Steered(EXTENDED["Offer Hope"]))])
    said = await chat.say("I lost my job.")
    said[0].text

Two sides answer the same history. After a vote the preferred reply goes on, without one (and after a tie) the first, so
that the replies are always two branches from one point: a preference pair. Sides may change from message to message.
`chat.dialogue()` is the transcript, and `resumed` goes on from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias
from uuid import uuid4

from duologue.corpora.strategy_labels import LAYOUT
from duologue.dialogue import Branch, Dialogue, Turn
from duologue.errors import InputError
from duologue.measures.self_harm import suggests_self_harm
from duologue.models.failure import ModelFailure
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Heard, Reply, Request
from duologue.prompts.steered_replies import cut_to_fit
from duologue.systems.chat import Prompt, seed_of
from duologue.systems.fitting import Fit
from duologue.systems.ways import Steered, Way

ROLES = {"user": "seeker", "system": "supporter"}
SELF_HARM = "self-harm"
MODEL = "model"
"""The label that says whose reply it is."""
PREFERENCE = "preference"
"""The label of a reply's branch: `chosen`, `rejected` or `tie`."""
Choice: TypeAlias = int | Literal["tie"]
"""The number of the side that was preferred, or neither."""
Overheard: TypeAlias = Callable[[int, str], None]
"""Told the number of a side and its reply as far as it has come."""


class Answer(Protocol):
    """How a request is answered, e.g. `partial(desk.complete, "default")`."""

    def __call__(self, request: Request, heard: Heard | None = None) -> Awaitable[Reply]:
        """Answer it; tell the answer while it comes."""


class Side(NamedTuple):
    """Who answers: a model, and the way in which it is asked.

    Attributes:
        name: the model's.
        complete: answers a request.
        fit: how its prompts are kept short enough.
        way: how it is asked.
    """

    name: str
    complete: Answer
    fit: Fit = Fit(None, None)
    way: Way = Steered()

    @property
    def title(self) -> str:
        """What it is called on the screen."""
        return f"{self.name} · {self.way.title}"


@dataclass
class Exchange:
    """A message, the replies to it, and which was preferred.

    Attributes:
        message: the user's turn.
        replies: one turn a side; the labels say whose they are.
        choice: the vote.
        taken: the number of the reply that goes on.
    """

    message: Turn
    replies: list[Turn]
    choice: Choice | None = None
    taken: int = 0


@dataclass
class LiveChat:
    """One conversation; `reset` begins the next.

    Attributes:
        sides: one or two; who answers the next message.
        decoding: how replies are decoded.
        seed: of sampling; the same history and seed give the same reply.
        exchanges: what was said so far.
        id: of the conversation.
    """

    sides: Sequence[Side]
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    seed: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    id: str = field(default_factory=lambda: _new_id())

    @property
    def turns(self) -> list[Turn]:
        """What was said so far, of the replies those that went on."""
        return [turn for each in self.exchanges for turn in (each.message, each.replies[each.taken])]

    async def say(self, text: str, heard: Overheard | None = None) -> list[Turn]:
        """Answer a message: one turn a side. When a side fails, the message is taken back.

        Args:
            text: the message.
            heard: told the replies while they come.

        Raises:
            ModelFailure: a model gave no answer.
            InputError: the message has a character that no prompt may have.
        """
        noticed = {"notice": [SELF_HARM]} if suggests_self_harm(text) else {}
        message = Turn("user", text, labels=noticed)
        history = [*self.turns, message]
        asked = [asyncio.ensure_future(self._ask(at, history, heard)) for at in range(len(self.sides))]
        try:
            replies = await asyncio.gather(*asked)
        finally:
            for each in asked:
                each.cancel()
        self.exchanges.append(Exchange(message, replies))
        return replies

    def vote(self, choice: Choice, at: int = -1) -> None:
        """Say which of two replies is better; another vote takes the place of the first.

        Where the conversation has gone on already, it has gone on from the other reply, and stays so.

        Raises:
            ValueError: there is nothing to vote on.
        """
        if not -len(self.exchanges) <= at < len(self.exchanges) or len(self.exchanges[at].replies) < 2:
            raise ValueError("no two replies to choose from")
        each = self.exchanges[at]
        each.choice = choice
        if each is self.exchanges[-1]:
            each.taken = choice if isinstance(choice, int) else 0

    def reset(self) -> None:
        """Begin a new conversation; who answers stays."""
        self.exchanges, self.id = [], _new_id()

    def dialogue(self) -> Dialogue | None:
        """The transcript; None while nothing was answered."""
        if not self.exchanges:
            return None
        branches = [
            self._branch(number, each, side)
            for number, each in enumerate(self.exchanges)
            if len(each.replies) > 1
            for side in range(len(each.replies))
        ]
        return Dialogue(self.id, self.turns, roles=dict(ROLES), branches=branches)

    async def _ask(self, number: int, history: list[Turn], heard: Overheard | None) -> Turn:
        side = self.sides[number]
        prompt = self._prompt(side, history)
        request = Request(prompt, seed=seed_of(prompt, self.seed), stop=side.way.stop, **self.decoding.request_fields())

        def told(text: str) -> None:
            if heard is not None:
                heard(number, side.way.turn(text).text)

        reply = await side.complete(request, None if heard is None else told)
        turn = side.way.turn(reply.text)
        if not turn.text:
            raise ModelFailure("empty_reply", "there is no reply in the answer", where=side.title)
        turn.labels[MODEL] = [side.name]
        return turn

    def _prompt(self, side: Side, history: list[Turn]) -> Prompt:
        """The prompt of the longest end of the history that fits."""
        most, count = side.fit
        if most is None or count is None:
            return side.way.prompt(history)
        return side.way.prompt(cut_to_fit(history, lambda turns: count(side.way.prompt(turns)) <= most))

    def _branch(self, number: int, each: Exchange, side: int) -> Branch:
        turn = each.replies[side]
        labels = dict(turn.labels)
        if each.choice is not None:
            labels[PREFERENCE] = ["tie" if each.choice == "tie" else "chosen" if each.choice == side else "rejected"]
        return Branch(f"{self.id}-t{number + 1}-{'ab'[side]}", 2 * number + 1, [turn], labels=labels)


def title_of(reply: Turn) -> str:
    """Whose reply it is, as `Side.title` has it."""
    return " · ".join(reply.labels[name][0] for name in (MODEL, LAYOUT))


def resumed(dialogue: Dialogue) -> tuple[str, list[Exchange]]:
    """The id and the exchanges of a transcript.

    Raises:
        InputError: it is no transcript of a live chat.
    """
    exchanges = []
    for at in range(0, len(dialogue.turns) - 1, 2):
        message, reply = dialogue.turns[at : at + 2]
        own = [branch for branch in dialogue.branches if branch.at == at + 1]
        replies = [branch.turns[0] for branch in own] or [reply]
        voted = [branch.labels.get(PREFERENCE, [""])[0] for branch in own]
        choice: Choice | None = "tie" if "tie" in voted else voted.index("chosen") if "chosen" in voted else None
        if message.speaker != "user" or reply not in replies:
            raise InputError("no transcript of a chat", where=dialogue.id, mend="give what `chat` or the studio saved")
        exchanges.append(Exchange(message, replies, choice, replies.index(reply)))
    return dialogue.id, exchanges


def _new_id() -> str:
    return f"chat-{uuid4().hex[:12]}"
