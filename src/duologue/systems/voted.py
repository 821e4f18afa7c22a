"""Votes in the transcripts of live chats as preference pairs, for `train dpo`.

write_rows("pairs.jsonl", voted(read_dialogues("chats.jsonl")))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duologue.dialogue import Dialogue, Turn
from duologue.models.request import Message
from duologue.systems.live_chat import Exchange, resumed
from duologue.views.preference import Pair

_CHAT = {"user": "user", "system": "assistant"}


def voted(dialogues: Iterable[Dialogue]) -> Iterator[Pair]:
    """Two replies of which a person preferred one, after the conversation as it went; ties are none."""
    for dialogue in dialogues:
        _, exchanges = resumed(dialogue)
        history: list[Turn] = []
        for number, each in enumerate(exchanges, 1):
            history.append(each.message)
            if isinstance(each.choice, int) and each.replies[0].said != each.replies[1].said:
                yield _pair(f"{dialogue.id}-t{number}", history, each, each.choice)
            history.append(each.replies[each.taken])


def _pair(id: str, history: list[Turn], each: Exchange, choice: int) -> Pair:
    prompt = tuple(Message(_CHAT[turn.speaker], turn.said) for turn in history)
    chosen, rejected = ((Message("assistant", each.replies[at].said),) for at in (choice, 1 - choice))
    return Pair(id, prompt, chosen, rejected)
