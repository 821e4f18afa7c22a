"""Turns as a conversation in text: `User: …`, a blank line, `SocBot: …`; what `parse_conversation` reads back.

render_conversation(parsed.turns, {"User": "user", "SocBot": "system"})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from duologue.corpora.conversation_text.parsed import ParsedTurn
from duologue.dialogue import Speaker
from duologue.errors import InputError


def render_conversation(turns: Iterable[ParsedTurn], speakers: Mapping[str, Speaker], *, notes: bool = False) -> str:
    """Write turns in the published form.

    Args:
        turns: what is said.
        speakers: names -> `user` or `system`, as for parsing; the first name of each side is written.
        notes: puts each note into brackets behind the name: `User (angry): …`.

    Raises:
        InputError: a turn's speaker has no name.
    """
    names = {speaker: name for name, speaker in reversed(list(speakers.items()))}
    blocks = []
    for index, turn in enumerate(turns):
        if turn.speaker not in names:
            raise InputError(
                f"no name for the speaker {turn.speaker!r}", where=f"turn {index}", mend="give one in speakers"
            )
        moods = "".join(f" ({note})" for note in turn.notes) if notes else ""
        blocks.append(f"{names[turn.speaker]}{moods}: {turn.text}")
    return "\n\n".join(blocks)
