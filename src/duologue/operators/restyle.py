"""A conversation once more in another style: the same messages in the same order, each saying the same (ConvoGen).

Two ways. `messages`: one answer a message, so that turns stay aligned by construction. `whole`, as published: one
answer holds the conversation; it counts only when it has as many messages by the same speakers in the same order.

    duologue synthesize restyle runs/talk/dialogues.jsonl --model tiny --out runs/styled
    duologue synthesize restyle runs/talk/dialogues.jsonl --style pirate.md --limit-characters 200 …

What changes a turn's text makes a derived dialogue whose turns name their source.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.conversation_text import render_conversation
from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.corpora.conversation_text.turns import from_turn
from duologue.corpora.profiles.experiment_folder import read_experiment
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError
from duologue.measures.names import names
from duologue.operators.conversation_reading import read_conversation
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.meaning import meaning_gates
from duologue.operators.message import one_message
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.operators.texts import read_text
from duologue.prompts.ask import Answer, Ask
from duologue.prompts.render import style_file


class RestyleOptions(OperatorOptions):
    """The style, and what must stay the same."""

    mode: Literal["messages", "whole"] = "messages"
    """`messages`: one answer a message; `whole`: one answer a conversation, as published."""
    characters: int = Field(default=280, ge=1)
    """Most characters of a message."""
    similarity: float = Field(default=0.5, ge=0, le=1)
    """Least cosine (MiniLM) between a message and its restyled form; 0 leaves the comparison out."""
    seed_message: Literal["keep", "restyle"] = "keep"
    """Whether the message that a conversation grew from is kept as it is."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw; the published setting."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""
    style: Path | None = Field(default=None, exclude=True)
    """A text that describes the style; without it a micro-blog's."""
    experiment: Path | None = Field(default=None, exclude=True)
    """A published experiment folder whose conv-restyle.txt is the instruction, in `whole`."""


def plan(dialogues: Iterable[Dialogue], options: RestyleOptions, rng: random.Random) -> Iterator[WorkItem | Skipped]:
    """An item for every dialogue."""
    style = read_text(options.style or style_file("microblog"))
    instruction = None
    if options.experiment is not None:
        instruction = read_experiment(options.experiment).restyle
        if instruction is None:
            raise InputError("no conv-restyle.txt", where=str(options.experiment), mend="write one, or leave it out")
    for dialogue in dialogues:
        if dialogue.turns:
            yield WorkItem.of(dialogue, style=style, instruction=instruction)
        else:
            yield Skipped(dialogue.id, "no turns")


def questions(item: WorkItem, options: RestyleOptions) -> int:
    """One a conversation, or one a message that is not kept."""
    return 1 if options.mode == "whole" else len(item.dialogue.turns) - len(_kept(item.dialogue, options))


async def restyle(
    item: WorkItem, ask: Ask, options: RestyleOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Write every message of a conversation in another style, aligned turn by turn."""
    dialogue = item.dialogue
    turns = [
        replace(turn, insertions=[], text=turn.said, source=(dialogue.id, n)) for n, turn in enumerate(dialogue.turns)
    ]
    kept = _kept(dialogue, options)
    write = _messages if options.mode == "messages" else _whole
    texts = await write(ask, options, turns, kept, item)
    if isinstance(texts, Verdict):
        yield Rejected(item.id, texts.gate, texts.evidence)
        return
    styled = [replace(turn, text=text, spans=[]) for turn, text in zip(turns, texts, strict=True)]
    yield replace(dialogue, turns=styled, facts=dialogue.facts | {"style": item.fields["style"]})


RESTYLE = Operator(
    name="restyle",
    run=restyle,
    options=RestyleOptions,
    prompts=("restyle/message", "restyle/conversation", "restyle/whole"),
    plan=plan,
    questions=questions,
)


def _kept(dialogue: Dialogue, options: RestyleOptions) -> set[int]:
    """The turns that stay as they are: the message that the conversation grew from."""
    grown = dialogue.turns[0].source is not None
    return {0} if grown and options.seed_message == "keep" else set()


async def _messages(
    ask: Ask, options: RestyleOptions, turns: Sequence[Turn], kept: set[int], item: WorkItem
) -> list[str] | Verdict:
    """Every message is asked for, also when one before it failed: so the plan tells how many requests there will be."""
    texts: list[str] = []
    failed: list[Verdict] = []
    known = _names(turns)
    for number, turn in enumerate(turns):
        if number in kept:
            texts.append(turn.text)
            continue
        styled = await first_that_passes(
            ask,
            "restyle/message",
            options,
            partial(_read, turn=turn, options=options, known=known),
            style=item.fields["style"],
            speaker=NAMES[turn.speaker],
            message=turn.text,
            before=texts[-1] if texts else None,
        )
        if isinstance(styled, Verdict):
            failed.append(styled._replace(evidence=f"turn {number}: {styled.evidence}"))
            texts.append(turn.text)
        else:
            texts.append(styled.found)
    if failed:
        return failed[0]._replace(evidence="; ".join(verdict.evidence for verdict in failed))
    return texts


async def _whole(
    ask: Ask, options: RestyleOptions, turns: Sequence[Turn], kept: set[int], item: WorkItem
) -> list[str] | Verdict:
    prompt, fields = "restyle/conversation", dict[str, Any](style=item.fields["style"], turns=turns, names=NAMES)
    if item.fields["instruction"]:
        written = render_conversation(map(from_turn, turns), aliases(NAMES))
        prompt, fields = "restyle/whole", {"instruction": item.fields["instruction"].format(written)}
    judge = partial(_aligned, turns=turns, kept=kept, options=options)
    styled = await first_that_passes(ask, prompt, options, judge, **fields)
    return styled if isinstance(styled, Verdict) else styled.found


def _aligned(answer: Answer, *, turns: Sequence[Turn], kept: set[int], options: RestyleOptions) -> list[str] | Verdict:
    """The messages of a restyled conversation, which must be as many, by the same speakers."""
    found = read_conversation(answer, speakers=aliases(NAMES), least=1)
    if isinstance(found, Verdict):
        return found
    ours, theirs = [turn.speaker for turn in turns], [turn.speaker for turn in found]
    if ours != theirs:
        return Verdict(
            "not-aligned", False, f"{len(theirs)} messages for {len(ours)}, or by others: {quote(answer.text)}"
        )
    texts = []
    known = _names(turns)
    for number, (turn, new) in enumerate(zip(turns, found, strict=True)):
        text = turn.text if number in kept else " ".join(new.text.split())
        failed = None if number in kept else first_failure(_gates(text, turn, options, known))
        if failed is not None:
            return failed._replace(evidence=f"turn {number}: {failed.evidence}")
        texts.append(text)
    return texts


def _read(answer: Answer, *, turn: Turn, options: RestyleOptions, known: Collection[str]) -> str | Verdict:
    text = one_message(answer.text, from_turn(turn).speaker, NAMES)
    return first_failure([whole(answer), *_gates(text, turn, options, known)]) or text


def _gates(text: str, turn: Turn, options: RestyleOptions, known: Collection[str]) -> Iterator[Verdict]:
    """What a restyled message must pass."""
    yield not_empty("message", text)
    yield no_loop("message", text)
    size = len(text)
    yield Verdict(
        "too-long", size <= options.characters, f"{size} characters, at most {options.characters}: {quote(text)}"
    )
    yield from meaning_gates(turn.text, text, least=options.similarity, known=known)


def _names(turns: Iterable[Turn]) -> set[str]:
    return {name for turn in turns for name in names(turn.text)}
