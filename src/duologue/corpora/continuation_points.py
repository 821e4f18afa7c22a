"""Continuation points of support conversations: where a supporter's turn can be written anew.

Rules of the published preprocessing (ESConv-SRA, `preprocess_raw_data.py`), literally:

- Messages of one speaker in a row become one turn, their texts joined by a single space; its strategies are those of
  its messages, of which only neighbours that are equal become one (A, B, A stays).
- A counter goes up on every supporter turn, except on one that opens the conversation. The walk ends as soon as the
  counter equals the number of supporter turns less one; every supporter turn before is a point.

So a conversation that the seeker opens has no point at its last two supporter turns, one that the supporter opens none
at its last, and an opening supporter turn is never a point. The opening is not part of the history either: a history
begins and ends with the seeker and has 2 * turn - 1 turns.

    for point in points(read("ESConv.json"), min_turn=3, max_turn=12): print(point.id, len(point.history))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from duologue.corpora.strategy_labels import STRATEGY, Several, counted
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError


class Point(NamedTuple):
    """One place where a conversation can be continued by the supporter.

    Attributes:
        id: the conversation's id and the counter, `esconv-0123456789ab-t3`: stable over runs, orders and options.
        dialogue: the conversation with merged turns, without an opening of the supporter.
        at: number of turns of the history.
        turn: the published counter: the how-many-th supporter turn is written.
        gold: the supporter's own turn there.
    """

    id: str
    dialogue: Dialogue
    at: int
    turn: int
    gold: Turn

    @property
    def history(self) -> list[Turn]:
        """The turns before, the seeker's first and last."""
        return self.dialogue.turns[: self.at]


def points(
    dialogues: Iterable[Dialogue],
    *,
    min_turn: int = 1,
    max_turn: int | None = None,
    several: Several = "each",
) -> Iterator[Point]:
    """Stream the continuation points of conversations.

    Args:
        dialogues: conversations of a seeker (`user`) and a supporter (`system`).
        min_turn: the first counter to keep, at least 1.
        max_turn: the last one; None for no limit. The published runs have 3 to 12 (5 to 23 turns of history).
        several: which of the strategies of its messages a turn keeps.

    Raises:
        InputError: a range that holds nothing.
    """
    if min_turn < 1 or (max_turn is not None and max_turn < min_turn):
        raise InputError(f"no turns from {min_turn} to {max_turn}", where="min_turn", mend="count from 1 upwards")
    for dialogue in dialogues:
        turns = merged(dialogue, several).turns
        opened = bool(turns) and turns[0].speaker == "system"
        last = sum(turn.speaker == "system" for turn in turns) - 1
        told = Dialogue(
            dialogue.id,
            turns[1:] if opened else turns,
            instruction=dialogue.instruction,
            facts=dialogue.facts,
            roles=dialogue.roles,
            origin=dialogue.origin,
        )
        for at in range(1, len(told.turns), 2):
            turn = (at + 1) // 2
            if turn >= last or (max_turn is not None and turn > max_turn):
                break
            if turn >= min_turn:
                yield Point(f"{dialogue.id}-t{turn}", told, at, turn, told.turns[at])


class Answered(NamedTuple):
    """A supporter's turn that answers something: its index, the merged turns before it from the seeker's first on."""

    at: int
    history: list[Turn]
    turn: Turn


def answered(dialogue: Dialogue) -> Iterator[Answered]:
    """Every merged turn of the supporter but an opening; the index is that of its first message.

    Points are fewer: the published rules cut conversations short.
    """
    own = replace(dialogue, turns=[replace(turn, source=None) for turn in dialogue.turns])
    turns = merged(own).turns
    opening = 1 if turns and turns[0].speaker == "system" else 0
    for number in range(opening + 1, len(turns), 2):
        source = turns[number].source
        assert source is not None  # `merged` says of every turn where it stands
        yield Answered(source[1], turns[opening:number], turns[number])


def merged(dialogue: Dialogue, several: Several = "each") -> Dialogue:
    """The conversation in which seeker and supporter take turns: runs of one speaker are one turn.

    A merged turn's `source` is the first of its messages; of their strategies it keeps those that count. Branches are
    left out, since they start between messages.
    """
    spoken = [(at, turn) for at, turn in enumerate(dialogue.turns) if turn.speaker != "tool"]
    turns = [_one([*run], dialogue.id, several) for _, run in groupby(spoken, key=lambda pair: pair[1].speaker)]
    return Dialogue(
        dialogue.id,
        turns,
        instruction=dialogue.instruction,
        facts=dialogue.facts,
        roles=dialogue.roles,
        origin=dialogue.origin,
    )


def _one(run: list[tuple[int, Turn]], dialogue: str, several: Several) -> Turn:
    at, first = run[0]
    labels: dict[str, list[str]] = {}
    for _, turn in run:
        for name, values in turn.labels.items():
            labels.setdefault(name, []).extend(values)
    if STRATEGY in labels:
        labels[STRATEGY] = counted([name for name, _ in groupby(labels[STRATEGY])], several)
    text = " ".join(turn.said for _, turn in run)
    return Turn(first.speaker, text, labels=labels, source=first.source or (dialogue, at))
