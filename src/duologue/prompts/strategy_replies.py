"""Replies by a strategy in dialogues, each with the history that it answers.

A dialogue with branches (`synthesize continuation`) has one a branch; one without has the supporter's own turns.

    known = options.known()
    for reply in strategy_replies(dialogue, options, known):
        options.prompt(reply.history, reply.strategy, known, reply.situation).messages, reply.text
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from duologue.corpora.continuation_points import STRATEGY, LabelPolicy, merged
from duologue.corpora.strategies import Strategies
from duologue.dialogue import Dialogue, Turn
from duologue.prompts.steering_options import SteeringOptions


class Answered(NamedTuple):
    """A supporter's turn in a conversation: its index, the merged turns before it from the seeker's first on."""

    at: int
    history: list[Turn]
    turn: Turn


class StrategyReply(NamedTuple):
    """A reply with its strategy.

    Attributes:
        id: the branch's, or the dialogue's with the turn's index.
        name: where it stands, for messages: `dialogue d1, turn 4`.
        history: the turns before it.
        situation: of the seeker, where the dialogue tells it.
        strategy: the strategy's name, or `unconditional`.
        text: the reply.
    """

    id: str
    name: str
    history: list[Turn]
    situation: str | None
    strategy: str
    text: str


def answered(dialogue: Dialogue, labels: LabelPolicy = "all") -> Iterator[Answered]:
    """The supporter's turns that answer something.

    Neighbouring turns of one speaker are one; the index is that of the first.
    """
    own = replace(dialogue, turns=[replace(turn, source=None) for turn in dialogue.turns])
    turns = merged(own, labels).turns
    opening = 1 if turns and turns[0].speaker == "system" else 0
    for number in range(opening + 1, len(turns), 2):
        source = turns[number].source
        assert source is not None  # `merged` says of every turn where it stands
        yield Answered(source[1], turns[opening:number], turns[number])


def strategy_replies(dialogue: Dialogue, options: SteeringOptions, known: Strategies) -> Iterator[StrategyReply]:
    """The replies of a dialogue that are labelled with a strategy; of several the last counts.

    Args:
        dialogue: with branches, or with labelled turns of the supporter.
        options: what the strategies are.
        known: `options.known()`.

    Raises:
        InputError: a label is not among the strategies.
    """
    situation = dialogue.facts.get("situation")
    for key, name, history, turn in _replies(dialogue):
        strategies = turn.labels.get(STRATEGY, [])
        if strategies:
            options.must_know(strategies[-1], known, name)
            yield StrategyReply(key, name, history, situation, strategies[-1], turn.said)


def cut_to_fit(history: list[Turn], fits: Callable[[list[Turn]], bool]) -> list[Turn]:
    """Drop the oldest turns, a pair at a time, until the rest fits; the last one stays."""
    while len(history) > 2 and not fits(history):
        history = history[2:]
    return history


def _replies(dialogue: Dialogue) -> Iterator[tuple[str, str, list[Turn], Turn]]:
    """Id, place, history and reply, of the branches or else of the trunk."""
    for branch in dialogue.branches:
        if len(branch.turns) == 1 and branch.turns[0].speaker == "system":
            reply = replace(branch.turns[0], labels=branch.turns[0].labels | branch.labels)
            yield branch.id, f"dialogue {dialogue.id}, branch {branch.id}", dialogue.turns[: branch.at], reply
    if not dialogue.branches:
        for each in answered(dialogue):
            yield f"{dialogue.id}-{each.at}", f"dialogue {dialogue.id}, turn {each.at}", each.history, each.turn
