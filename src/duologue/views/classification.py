r"""A reply as a text to classify: alone, or after the last turns before it.

    classified_text(reply, context=2)
    # "supporter: How long has it been so?\nseeker: Since May.\nsupporter: That is a long time."

Without speaker tokens a turn before is a line with its speaker's name; with them each turn begins with a special token
of the tokenizer, `<seeker>` or `<supporter>`, as in the published classifier. Long texts are cut from the left when
they are tokenised, so the reply itself stays.
"""

from __future__ import annotations

from collections.abc import Iterable

from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Turn


def classified_text(reply: StrategyReply, *, context: int = 0, speaker_tokens: bool = False) -> str:
    """Render a reply.

    Args:
        reply: with the turns before it.
        context: how many of these to show.
        speaker_tokens: mark every turn with its speaker's token.
    """
    shown = reply.before[len(reply.before) - context :] if context else []
    turns = [*shown, Turn("system", reply.text)]
    names = {"user": "user", "system": "system"} | reply.roles
    if speaker_tokens:
        return " ".join(f"<{names.get(turn.speaker, turn.speaker)}> {turn.said.strip()}" for turn in turns)
    if not shown:
        return reply.text.strip()
    return "\n".join(f"{names.get(turn.speaker, turn.speaker)}: {' '.join(turn.said.split())}" for turn in turns)


def speaker_tokens_of(replies: Iterable[StrategyReply]) -> list[str]:
    """The tokens that mark the speakers of these replies, in alphabetical order."""
    found = {"<user>", "<system>"}
    roles = [reply.roles for reply in replies if reply.roles]
    if roles:
        found = {f"<{name}>" for each in roles for name in each.values()}
    return sorted(found)
