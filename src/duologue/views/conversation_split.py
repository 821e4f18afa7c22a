"""Training, validation and test by conversation, so that nothing of one conversation is in two of them.

    part_of("esconv-12", validation=0.1, test=0.1, seed=0)      # "train"
    conversation_of(dialogue)                                    # "esconv-12", also of what was derived from it

Which part a conversation belongs to depends on its id and the seed alone: order, limits and shards change nothing, and
two commands that are told the same seed and share agree. So shares hold on average only.
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

from duologue.dialogue import Dialogue

Part: TypeAlias = Literal["train", "validation", "test"]


def part_of(conversation: str, *, validation: float = 0.0, test: float, seed: int) -> Part:
    """The part of a conversation.

    Args:
        conversation: its id.
        validation: share of the validation part, 0 to 1.
        test: share of the test part; the two together are below 1.
        seed: of the division.
    """
    digest = hashlib.blake2b(f"{seed}\0{conversation}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64
    if place < test:
        return "test"
    return "validation" if place < test + validation else "train"


def conversation_of(dialogue: Dialogue) -> str:
    """The id of the conversation that a dialogue is, or was derived from.

    Several histories of one conversation are dialogues of their own; their turns say where they come from.
    """
    source = next((turn.source for turn in dialogue.turns if turn.source is not None), None)
    if source is not None:
        return source[0]
    if dialogue.origin is not None and dialogue.origin.parent is not None:
        return dialogue.origin.parent
    return dialogue.id
