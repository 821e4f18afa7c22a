"""Replies with the strategy that they follow: gold turns of a corpus, or the branches that a model was told to write.

    for reply in strategy_replies(read("continuations.jsonl")):
        reply.strategy, reply.text, reply.layout, reply.depth

A dialogue with labelled branches gives its branches, one without gives the labelled system turns of its trunk: the
history below branches is everybody's, and its gold turns are in the corpus.

Turns are taken as they stand; a classifier or a probe reads every message. What asks or trains a model by a strategy
needs histories of turns that alternate: `prompts.steered_replies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from duologue.corpora.continuation_points import answered
from duologue.corpora.strategies import UNCONDITIONAL
from duologue.corpora.strategy_labels import LAYOUT, STRATEGY, Several, counted
from duologue.dialogue import Branch, Dialogue, Turn, parent_id


class StrategyReply(NamedTuple):
    """A reply and what it should follow.

    Attributes:
        id: of the branch; of a gold turn `DIALOGUE/TURN`, of merged ones `DIALOGUE-TURN`, the index being that of the
            first. Where there is a reply for each of several strategies, `/NUMBER` follows.
        conversation: what it must not be split from.
        strategy: that was asked for, or is its gold one.
        text: what was said.
        before: the turns before it.
        roles: the corpus's names of the speakers.
        layout: of the prompt; None of gold turns.
        situation: of the user, where the dialogue tells it.
        where: it stands, for messages: `dialogue d1, turn 4`.
    """

    id: str
    conversation: str
    strategy: str
    text: str
    before: list[Turn]
    roles: dict[str, str]
    layout: str | None = None
    situation: str | None = None
    where: str = ""

    @property
    def depth(self) -> int:
        """Utterances before the reply."""
        return len(self.before)


def strategy_replies(
    dialogues: Iterable[Dialogue],
    *,
    several: Several = "first",
    alternating: bool = False,
    unconditional: bool = False,
) -> Iterator[StrategyReply]:
    """The replies of dialogues, in order.

    Args:
        dialogues: with strategies as labels of branches or system turns; others give nothing.
        several: what a reply with several strategies counts as.
        alternating: of gold turns, merge neighbours of one speaker and leave out an opening of the system, so that a
            history goes from user to user; see `continuation_points`. Paths of branches are taken as they are.
        unconditional: give replies that were asked for without a strategy, too; they have no class.
    """
    for dialogue in dialogues:
        told = [each for each in _told(dialogue.turns, dialogue.branches) if STRATEGY in each.turn.labels]
        for each in told or (_merged(dialogue) if alternating else _gold(dialogue)):
            labels = each.turn.labels.get(STRATEGY, [])
            named = [name for name in labels if name and (unconditional or name != UNCONDITIONAL)]
            strategies = counted(named, several)
            for number, strategy in enumerate(strategies):
                yield StrategyReply(
                    id=each.id + (f"/{number}" if len(strategies) > 1 else ""),
                    conversation=conversation_of(dialogue),
                    strategy=strategy,
                    text=each.turn.said,
                    before=each.before,
                    roles=dialogue.roles,
                    layout=each.layout,
                    situation=dialogue.facts.get("situation"),
                    where=f"dialogue {dialogue.id}, {each.place}",
                )


def conversation_of(dialogue: Dialogue) -> str:
    """The id of the conversation that a dialogue is, or was derived from.

    Several histories of one conversation are dialogues of their own; their turns say where they come from.
    """
    source = next((turn.source for turn in dialogue.turns if turn.source is not None), None)
    return parent_id(dialogue) if source is None else source[0]


class _Said(NamedTuple):
    """Something that the system said: a gold turn, or the last turn of a branch with the branch's labels."""

    id: str
    place: str
    before: list[Turn]
    turn: Turn
    layout: str | None = None


def _told(turns: list[Turn], branches: list[Branch]) -> Iterator[_Said]:
    """What branches say, after their whole path, depth-first."""
    for branch in branches:
        path = [*turns[: branch.at], *branch.turns]
        said = [index for index in range(branch.at, len(path)) if path[index].speaker == "system"]
        if said:
            reply = path[said[-1]]
            labels = reply.labels | branch.labels
            layout = next(iter(labels.get(LAYOUT, ())), None)
            yield _Said(branch.id, f"branch {branch.id}", path[: said[-1]], replace(reply, labels=labels), layout)
        yield from _told(path, branch.branches)


def _gold(dialogue: Dialogue) -> Iterator[_Said]:
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "system":
            yield _Said(f"{dialogue.id}/{index}", f"turn {index}", dialogue.turns[:index], turn)


def _merged(dialogue: Dialogue) -> Iterator[_Said]:
    for each in answered(dialogue):
        yield _Said(f"{dialogue.id}-{each.at}", f"turn {each.at}", each.history, each.turn)
