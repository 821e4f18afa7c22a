"""What a grown conversation is made of: the seed that it grew from, and what was grown.

seed_of(conversation)          # "s17", also for a restyled one
grown_turns(conversation)      # all but the message that it began with
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from duologue.dialogue import Dialogue, Turn
from duologue.dialogue.tree import parent_id

_DERIVED = re.compile(r"(?:~[0-9a-f]{8})+$")


def seed_of(dialogue: Dialogue) -> str:
    """The id of the seed: where the first turn comes from, without the hashes that derivation adds.

    Conversations that were grown from one seed share it, and so do their restyled forms; a dialogue that was made from
    nothing is its own.
    """
    source = dialogue.turns[0].source if dialogue.turns else None
    return _DERIVED.sub("", source[0] if source is not None else parent_id(dialogue))


def grown_turns(dialogue: Dialogue) -> Sequence[Turn]:
    """The turns after the first: the first one is the seed, which says nothing about who wrote the rest."""
    return dialogue.turns[1:]


def by_id(dialogues: Iterable[Dialogue]) -> list[Dialogue]:
    """In order of id, so that the order of a file changes neither figures nor draws."""
    return sorted(dialogues, key=lambda dialogue: dialogue.id)
