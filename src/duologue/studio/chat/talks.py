"""Visitors' conversations: each has one of their own, which is saved after every answer and vote.

talks = Talks(place, decoding, seed=0)
talk = talks.of("5f0c…")              # a visitor's, where it stood when the studio ended
talk.chat.say("Hello."); talks.save(talk)
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from duologue.dialogue import Dialogue, read, write
from duologue.models.generation.options import DecodingOptions
from duologue.studio.place import Place
from duologue.systems.live_chat import LiveChat, resumed

CHATS = "chats"
"""The folder of transcripts, a file each."""
_LIVE = 1000


@dataclass
class Talk:
    """A visitor's conversation; `answering` is held while models speak."""

    chat: LiveChat
    path: Path
    answering: asyncio.Lock = field(default_factory=asyncio.Lock)


class Talks:
    """Conversations by visitor; the last ones stay in memory, others are read from their files."""

    def __init__(self, place: Place, decoding: DecodingOptions, seed: int) -> None:
        self._folder, self._decoding, self._seed = place.root / CHATS, decoding, seed
        self._live: OrderedDict[str, Talk] = OrderedDict()

    def of(self, visitor: str) -> Talk:
        """The conversation that a visitor is in.

        Raises:
            InputError: its file was changed and is no transcript.
        """
        if visitor not in self._live:
            self._live[visitor] = self._opened(visitor, max(self._numbers(visitor), default=1))
        self._live.move_to_end(visitor)
        while len(self._live) > _LIVE:
            oldest = next(iter(self._live))
            if self._live[oldest].answering.locked():
                break
            del self._live[oldest]
        return self._live[visitor]

    def begin(self, visitor: str) -> Talk:
        """A new conversation; the one before stays in its file."""
        self._live[visitor] = self._opened(visitor, max(self._numbers(visitor), default=0) + 1)
        return self._live[visitor]

    def save(self, talk: Talk) -> None:
        """Write the transcript."""
        if (dialogue := talk.chat.dialogue()) is not None:
            self._folder.mkdir(exist_ok=True)
            write(talk.path, [dialogue])

    def transcripts(self) -> Iterator[Dialogue]:
        """All that were saved."""
        for path in sorted(self._folder.glob("chat-*.jsonl")):
            yield from read(path)

    def _opened(self, visitor: str, number: int) -> Talk:
        id = f"chat-{visitor}-{number}"
        path = self._folder / f"{id}.jsonl"
        chat = LiveChat([], decoding=self._decoding, seed=self._seed, id=id)
        if path.is_file():
            chat.id, chat.exchanges = resumed(next(read(path)))
        return Talk(chat, path)

    def _numbers(self, visitor: str) -> list[int]:
        found = (path.stem.rpartition("-")[2] for path in self._folder.glob(f"chat-{visitor}-*.jsonl"))
        return [int(number) for number in found if number.isdecimal()]
