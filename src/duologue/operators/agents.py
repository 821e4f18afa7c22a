"""Two agents write a conversation message by message, each seeing only its own profile, until it is over.

written = await converse(ask, options, turns, count=16, person=Person(motivation, disposition), answerer="…")
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from pydantic import Field

from duologue.corpora.conversation_text.speakers import NAMES
from duologue.dialogue import Speaker, Turn
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict
from duologue.operators.message import read_message
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Ask

ROLES = ("writer", "user", "system", "moderator")
"""Who is asked: `writer` for whole conversations and plans, the others for messages."""

ANSWERER = (
    "You talk with people about what they wrote in public: you answer what was just said, ask when something is "
    "unclear, reason with care and stay friendly."
)


class TalkOptions(OperatorOptions):
    """How conversations are written."""

    mode: Literal["whole", "turns"] = "whole"
    """`whole`: one answer holds all messages; `turns`: two agents, message by message."""
    moderate: bool = True
    """In `turns`: ask after every exchange whether it is over."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw; the published setting."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""


class Person(NamedTuple):
    """What only the one who plays the user is told: motivation and disposition; None where nothing is known."""

    motivation: str | None
    disposition: str | None


async def converse(
    ask: Ask,
    options: TalkOptions,
    turns: Sequence[Turn],
    *,
    count: int,
    least: int,
    person: Person,
    answerer: str,
    plan: str | None = None,
) -> list[Turn] | Verdict:
    """Write the next messages.

    Args:
        ask: answers, in the roles `user`, `system` and `moderator`.
        options: how.
        turns: what was said so far; whoever did not speak last goes on.
        count: most messages to write.
        least: fewest; from here on the moderator may end it, and a message that cannot be had ends it too.
        person: the user's private profile.
        answerer: the other's.
        plan: of the whole conversation, told to both.

    Returns:
        The new messages, or the gate that stopped them too early.
    """
    written: list[Turn] = []
    for number in range(count):
        said = [*turns, *written]
        speaker: Speaker = "user" if said[-1].speaker == "system" else "system"
        fields: dict[str, Any] = {"profile": answerer} if speaker == "system" else person._asdict()
        message = await first_that_passes(
            ask,
            f"conversation/{speaker}_turn",
            options,
            partial(read_message, speaker=speaker, names=NAMES, earlier=said),
            role=speaker,
            turns=said,
            plan=plan,
            names=NAMES,
            **fields,
        )
        if isinstance(message, Verdict):
            return written if number >= least else message
        written.append(Turn(speaker, message.found))
        if options.moderate and speaker == "user" and len(written) >= least and await _over(ask, [*said, written[-1]]):
            break
    return written


async def _over(ask: Ask, turns: Sequence[Turn]) -> bool:
    answer = await ask("conversation/moderator", role="moderator", turns=turns, names=NAMES)
    return answer.text.strip().lower().startswith("yes")
