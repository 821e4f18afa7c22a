r"""What a parsed conversation is: turns, what stood around them, flags, and where each piece lies in the text.

parsed = parse_conversation("Sure!\n\nUser: (angry) No.\n\nSocBot: Why?", speakers=SPEAKERS)
parsed.turns[0]      # ParsedTurn(speaker='user', text='No.', notes=['angry'])
parsed.preamble      # 'Sure!'
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from duologue.dialogue import Speaker

Kind: TypeAlias = Literal["text", "note", "label", "markup", "aside", "seed", "preamble", "epilogue"]


class ParsedTurn(msgspec.Struct, frozen=True):
    """A message with its stage directions taken out.

    Attributes:
        speaker: `user` or `system`.
        text: what is said; lines are stripped, blank lines dropped, inner line breaks kept.
        notes: stage directions and mood words without their brackets or stars, in the order of the text.
    """

    speaker: Speaker
    text: str
    notes: list[str] = []


class Piece(NamedTuple):
    """A stretch of the text (characters, end exclusive) and what it was taken for.

    `text` and `note` belong to a turn, whose index they carry. `label` is a speaker's name with its marks. `markup` is
    what only shapes the page: quotes around a message, brackets of a note, rules, `Turn 3`. `aside` is the message of
    an unknown speaker, `seed` a first block that repeats the seed message.
    """

    kind: Kind
    start: int
    end: int
    turn: int | None = None


class Flags(msgspec.Struct, frozen=True):
    """What a reader of the conversation should know; indices count turns from 0.

    Attributes:
        starts_with_bot: the first turn is the system's.
        alternates: no two messages in a row had the same speaker, before such runs were merged.
        n_turns: number of turns.
        truncated: the answer was cut by its length, as the caller said.
        unfinished: the end of the last turn's text that no sentence end closes, when the answer was cut there.
        over_limit: turns longer than the limit.
        unknown_speaker: labels that name neither side, as written, in order of appearance.
        repeats_seed: the conversation began with the seed message again; it is no turn.
        merged: turns that were made of several messages of one speaker.
        empty: number of labels with nothing said after them.
    """

    starts_with_bot: bool = False
    alternates: bool = True
    n_turns: int = 0
    truncated: bool = False
    unfinished: str = ""
    over_limit: list[int] = []
    unknown_speaker: list[str] = []
    repeats_seed: bool = False
    merged: list[int] = []
    empty: int = 0


class ParsedConversation(msgspec.Struct, frozen=True):
    """A model's answer, taken apart.

    Attributes:
        turns: the messages; neighbours differ in speaker.
        preamble: what stood before the first message.
        epilogue: what stood after the last one.
        rest: messages of unknown speakers and the repeated seed message.
        flags: see `Flags`.
        pieces: where everything lies, in order; what is between pieces is white space.
    """

    turns: list[ParsedTurn]
    preamble: str
    epilogue: str
    rest: list[str]
    flags: Flags
    pieces: list[Piece]
