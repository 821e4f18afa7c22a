"""Prompts of conversations in which a model must know when to ask back: the policy's own, and a way to make it fit.

The system message holds the instruction and what answers rest on (passages, table, database schema); the conversation
is chat turns. `told` names the action that the next turn is to perform, which is how losing replies are made
(Algorithm 1 of ACT, Chen et al. 2025). The wordings are the files in `prompts/clarify/`.

    messages = asking(instance)
    messages = asking(instance, told=CLARIFY, examples=others)
    messages = fitted_asking(instance, lambda prompt: model.count_tokens(prompt) <= 896)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from duologue.corpora.actions import ACTIONS, known
from duologue.corpora.chat_formats.context import instruction_of
from duologue.corpora.clarification_points import Instance
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.models.request import Message
from duologue.prompts.render import render
from duologue.prompts.steered_replies import cut_to_fit

Fits: TypeAlias = Callable[[tuple[Message, ...]], bool]
"""Whether a prompt is short enough, e.g. by the model's own count."""

PROMPT = "clarify/asking"
"""The file that decides what a policy is asked."""

_ROLES = {"user": "user", "system": "assistant"}


class Example(NamedTuple):
    """A turn of another conversation, shown in a prompt: what was said before it, and the turn."""

    turns: Sequence[Turn]
    reply: str


class _Material(NamedTuple):
    instruction: str | None
    passages: list[str]
    table: list[str]
    schema: str
    cut: bool


def asking(
    instance: Instance,
    *,
    told: str | None = None,
    after: Sequence[Turn] = (),
    examples: Sequence[Example] = (),
) -> tuple[Message, ...]:
    """The prompt for the system's next turn.

    Args:
        instance: the state; what was said before it, never what comes later.
        told: the action that the turn is to perform; None lets the model choose.
        after: turns of a simulated conversation since then; the last is the user's.
        examples: turns that are shown first, without what they rest on.

    Raises:
        InputError: there is no such action.
    """
    material = _material(instance.dialogue, 1.0)
    return _asking(instance, [*instance.history, *after], material, told, examples)


def fitted_asking(
    instance: Instance,
    fits: Fits,
    *,
    told: str | None = None,
    after: Sequence[Turn] = (),
    examples: Sequence[Example] = (),
) -> tuple[Message, ...]:
    """The same, shortened until it fits; the instruction and the newest turns stay, and a table keeps its first row.

    What answers rest on is shortened first, every passage, table and schema by the same share of its lines or
    sentences; then the oldest turns go, a pair at a time. A prompt that fits in no way is given as short as it gets.
    """
    turns = [*instance.history, *after]

    def prompt(share: float, said: list[Turn]) -> tuple[Message, ...]:
        material = _material(instance.dialogue, share)
        return _asking(instance, said, material, told, examples)

    if fits(whole := prompt(1.0, turns)):
        return whole
    low, high = 0, _STEPS
    while low < high:  # the largest share that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(prompt(middle / _STEPS, turns)) else (low, middle - 1)
    said = cut_to_fit(turns, lambda rest: fits(prompt(low / _STEPS, rest)))
    return prompt(low / _STEPS, said)


def plain_asking(instance: Instance) -> str:
    """The same state as one plain text, laid out as the released code's prompts are: context, then named lines."""
    context = instruction_of(instance.dialogue)
    (message,) = render("clarify/plain", context=context, turns=instance.history)
    return message.content


def asking_within(
    characters: int | None,
    instance: Instance,
    *,
    told: str | None = None,
    after: Sequence[Turn] = (),
    examples: Sequence[Example] = (),
) -> tuple[Message, ...]:
    """The same with a limit on its characters, for models that cannot be asked to count; None is no limit."""
    if characters is None:
        return asking(instance, told=told, after=after, examples=examples)

    def fits(prompt: tuple[Message, ...]) -> bool:
        return sum(len(message.content) for message in prompt) <= characters

    return fitted_asking(instance, fits, told=told, after=after, examples=examples)


_STEPS = 64  # shares of the material that are told apart


def _asking(
    instance: Instance, turns: Sequence[Turn], material: _Material, told: str | None, examples: Sequence[Example]
) -> tuple[Message, ...]:
    system = render(
        PROMPT,
        goal_type=instance.goal_type,
        told=told,
        told_words="" if told is None else ACTIONS[known(told)],
        examples=examples,
        **material._asdict(),
    )
    return (*system, *_chat(turns))


def _chat(turns: Sequence[Turn]) -> list[Message]:
    """Chat messages; neighbours of one speaker are one, since most templates want roles to alternate."""
    spoken = [turn for turn in turns if turn.speaker in _ROLES]
    return [
        Message(_ROLES[speaker], "\n".join(turn.said.strip() for turn in run))
        for speaker, run in groupby(spoken, key=lambda turn: turn.speaker)
    ]


def _material(dialogue: Dialogue, share: float) -> _Material:
    """Instruction and what answers rest on, or the first share of its lines, sentences and rows.

    Where the instruction of a dialogue over a database is the database's schema, it belongs to the latter.
    """
    grounding = dialogue.grounding or Grounding()
    told = dialogue.instruction
    is_schema = grounding.database is not None and told is not None and told.startswith("CREATE TABLE")
    table = grounding.table or []
    return _Material(
        None if is_schema else told,
        [shown for passage in grounding.passages if (shown := _first(passage, share))],
        _rows(table[: max(1, int(share * len(table)))]),
        _first(told or "", share) if is_schema else "",
        cut=share < 1,
    )


def _rows(table: Sequence[Sequence[str]]) -> list[str]:
    """A table as lines; where each column has a name, each cell has it, too: small models read that better."""
    if len(table) < 2 or not all(table[0][1:]) or len({len(row) for row in table}) > 1:
        return [" | ".join(row) for row in table]
    (corner, *names), rows = table[0], table[1:]
    lines = [
        " | ".join([row[0], *(f"{name}: {cell}" for name, cell in zip(names, row[1:], strict=True) if cell)])
        for row in rows
    ]
    return [corner, *lines] if corner else lines


def _first(text: str, share: float) -> str:
    """The first share of a text, up to white space."""
    if share == 1:
        return text
    kept = text[: int(share * len(text))]
    return kept[: max(kept.rfind(" "), kept.rfind("\n"), 0)]
