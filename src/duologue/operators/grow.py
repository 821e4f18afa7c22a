"""More of a conversation that is there already: its next messages, in one answer or by two agents.

    duologue synthesize grow chats.jsonl --messages 4 --model tiny --out runs/longer

The conversation's own profile (the facts `motivation` and `disposition`, as `synthesize conversation` leaves them) is
told to whoever writes the user; without one the model goes by what was said. The result is a derived dialogue.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.conversation_text.speakers import NAMES
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.operators.agents import ANSWERER, ROLES, Person, TalkOptions, converse
from duologue.operators.gates import Verdict
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator
from duologue.operators.rejects import Rejected
from duologue.operators.written import conversation_drawn
from duologue.prompts.ask import Ask


class GrowOptions(TalkOptions):
    """How much is added."""

    messages: int = Field(default=4, ge=1)
    """Messages to add; a moderator may end the conversation before."""


def plan(dialogues: Iterable[Dialogue], options: GrowOptions, rng: random.Random) -> Iterator[WorkItem | Skipped]:
    """An item for every conversation of users and systems."""
    for dialogue in dialogues:
        if dialogue.turns and all(turn.speaker != "tool" for turn in dialogue.turns):
            yield WorkItem.of(dialogue)
        else:
            yield Skipped(dialogue.id, "no turns, or turns of a tool")


def questions(item: WorkItem, options: GrowOptions) -> int | None:
    """One a conversation that goes on in one answer."""
    return 1 if options.mode == "whole" else None


async def grow(
    item: WorkItem, ask: Ask, options: GrowOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Continue an existing conversation by some messages."""
    dialogue = item.dialogue
    turns = [replace(turn, source=(dialogue.id, number)) for number, turn in enumerate(dialogue.turns)]
    person = Person(_text(dialogue.facts.get("motivation")), _text(dialogue.facts.get("disposition")))
    if options.mode == "whole":
        written = await _whole(ask, options, turns, person)
    else:
        written = await converse(ask, options, turns, count=options.messages, least=1, person=person, answerer=ANSWERER)
    if isinstance(written, Verdict):
        yield Rejected(item.id, written.gate, written.evidence)
    else:
        yield replace(dialogue, turns=[*turns, *written])


GROW = Operator(
    name="grow",
    run=grow,
    options=GrowOptions,
    prompts=tuple(f"conversation/{name}" for name in ("continue", "user_turn", "system_turn", "moderator")),
    roles=ROLES,
    plan=plan,
    questions=questions,
)


async def _whole(ask: Ask, options: GrowOptions, turns: list[Turn], person: Person) -> list[Turn] | Verdict:
    first: Speaker = "user" if turns[-1].speaker == "system" else "system"
    written = await conversation_drawn(
        ask,
        "conversation/continue",
        options,
        opens=first,
        least=1,
        first=first,
        count=options.messages,
        turns=turns,
        names=NAMES,
        **person._asdict(),
    )
    return written if isinstance(written, Verdict) else written[: options.messages]


def _text(fact: Any) -> str | None:
    """The text of a motivation or disposition among a dialogue's facts."""
    if isinstance(fact, dict):
        fact = fact.get("text")
    return fact if isinstance(fact, str) and fact.strip() else None
