"""One exchange of a dialogue as the interference prompts see it, and how their answers are put into it.

exchange = Exchange.at(dialogue, 4)
dialogue = insert(dialogue, 4, Insertion("backstory", "…", "after", by=answer.key))
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from duologue.dialogue import Dialogue, Insertion, Turn


class Exchange(NamedTuple):
    """A user turn, the system's reply, and what was said before.

    Attributes:
        context: the turns before; their `said` has what was inserted already.
        utterance: what the user said in the corpus, without outer whitespace.
        response: what the system said, likewise.
    """

    context: list[Turn]
    utterance: str
    response: str

    @classmethod
    def at(cls, dialogue: Dialogue, user: int) -> Exchange:
        """The exchange that begins with the user turn of this index."""
        turns = dialogue.turns
        return cls(turns[:user], turns[user].text.strip(), turns[user + 1].text.strip())


def insert(dialogue: Dialogue, turn: int, insertion: Insertion) -> Dialogue:
    """The dialogue with one more insertion; every other turn is shared with the old one."""
    turns = list(dialogue.turns)
    turns[turn] = replace(turns[turn], insertions=[*turns[turn].insertions, insertion])
    return replace(dialogue, turns=turns)
