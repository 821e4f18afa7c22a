"""A conversation of seeker and supporter: greeting, exploring, comforting, acting, goodbye.

Either side opens. Runs of one speaker come as several messages now and then, each of the supporter's with its own
strategy, as in ESConv.

    >>> talk = converse(random.Random(4), load_voice("train"), case, "extended")
    >>> [message.strategy for message in talk.messages if message.speaker == "system"]
"""

from __future__ import annotations

import random
import re
from typing import Literal, NamedTuple

from duologue.corpora.worlds.support.case import Case
from duologue.corpora.worlds.support.moves import GREETINGS, Collection, moves, strategy_of
from duologue.corpora.worlds.support.seeker import Seeker, Told
from duologue.corpora.worlds.support.supporter import Heard, Reply, reply
from duologue.corpora.worlds.voice import Voice

EXCHANGES = (3, 4, 5, 6, 7, 8, 8, 9, 10)
"""How many exchanges lie between the greetings: conversations have 9 to 25 turns."""
_APART = 0.2
_STAGES: dict[str, dict[str, float]] = {
    "explore": {"clarify": 5, "question": 4, "reflect": 4, "feelings": 3, "validate": 3, "accept": 3, "normal": 2,
                "disclose": 2, "affirm": 1, "chat": 1},
    "comfort": {"reframe": 4, "perspective": 4, "affirm": 3, "normal": 3, "accept": 3, "disclose": 3, "hope": 3,
                "validate": 2, "reflect": 2, "feelings": 2, "information": 2, "clarify": 1, "question": 1, "chat": 1},
    "act": {"plan": 4, "options": 4, "care": 4, "stress": 4, "information": 4, "perspective": 2, "hope": 3,
            "affirm": 2, "reframe": 1, "question": 0.5, "chat": 1},
}  # fmt: skip


class Message(NamedTuple):
    """One message: whose, what, the strategy and the move of the supporter's (empty for the seeker)."""

    speaker: Literal["user", "system"]
    text: str
    strategy: str = ""
    move: str = ""


class Talk(NamedTuple):
    """A conversation's messages, and what the supporter had heard at each of its turns (index of the message)."""

    messages: list[Message]
    heard: dict[int, Heard]


def converse(rng: random.Random, voice: Voice, case: Case, collection: Collection) -> Talk:
    """Write a conversation.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        case: what it is about.
        collection: whose strategies the supporter has.
    """
    writer = _Writer(rng, voice, case, collection)
    if rng.random() < 0.5:
        writer.system("greet")
        writer.user(writer.seeker.open(asked=True))
    else:
        greets = rng.random() < 0.6
        writer.user(writer.seeker.greet() if greets else writer.seeker.open(asked=False))
        if greets:
            writer.system("greet")
            writer.user(writer.seeker.open(asked=True))
    count = rng.choice(EXCHANGES)
    for at in range(count):
        offered = writer.system(writer.choose(at / count))
        last = at == count - 1
        said = writer.seeker.thanks() if last else writer.seeker.answer(writer.move, offered.pool, offered.mark)
        writer.user(said)
    writer.system("bye")
    if rng.random() < 0.5:
        writer.user(writer.seeker.bye())
    return Talk(writer.messages, writer.heard)


class _Writer:
    """A conversation in the making."""

    def __init__(self, rng: random.Random, voice: Voice, case: Case, collection: Collection) -> None:
        self.rng, self.voice, self.case, self.collection = rng, voice, case, collection
        self.seeker = Seeker(rng, voice, case)
        self.messages: list[Message] = []
        self.heard: dict[int, Heard] = {}
        self.mark, self.move = "", ""
        self._thought = False
        self._used: set[str] = set()
        self._moves = moves(collection)

    def choose(self, progress: float) -> str:
        """The supporter's next move: by stage, never the same twice in a row."""
        stage = "explore" if progress < 0.4 else "comfort" if progress < 0.7 else "act"
        weights = {
            move: weight
            for move, weight in _STAGES[stage].items()
            if move in self._moves and move != self.move and (move != "reframe" or self._thought)
        }
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def user(self, told: Told) -> None:
        """The seeker speaks."""
        texts = self._apart(told.text)
        self.messages += [Message("user", text) for text in texts]
        self.mark = told.mark or self.mark
        self._thought = self._thought or told.thought

    def system(self, move: str) -> Reply:
        """The supporter speaks."""
        history = " ".join(message.text for message in self.messages).lower()
        heard = Heard(history, self.mark, self._thought, frozenset(self._used))
        self.heard[len(self.messages)] = heard
        others = [] if move in GREETINGS else [each for each in self._moves if each != "reframe" or self._thought]
        said = reply(self.rng, self.voice, self.case, heard, move, others=others)
        if len(said.parts) > 1 and self.rng.random() < 0.5:
            self.messages += [self._system(part, text) for part, text in said.parts]
        else:
            self.messages.append(self._system(move, said.text))
        self.move = move
        self._used |= said.used
        return said

    def _system(self, move: str, text: str) -> Message:
        return Message("system", text, strategy_of(move, self.collection), move)

    def _apart(self, text: str) -> list[str]:
        """A text as one message, or now and then each sentence as its own."""
        return re.split(r"(?<=[.?!]) ", text) if self.rng.random() < _APART else [text]
