"""Replies with the strategy that they follow: gold turns of a corpus, or the branches that a model was told to write.

    for reply in strategy_replies(read("continuations.jsonl")):
        reply.strategy, reply.text, reply.layout, reply.depth

A dialogue with labelled branches gives its branches, one without gives the labelled system turns of its trunk: the
history below branches is everybody's, and its gold turns are in the corpus. Replies that were asked for without a
strategy (`unconditional`) have no class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from duologue.corpora.continuation_points import STRATEGY
from duologue.corpora.strategies import UNCONDITIONAL
from duologue.dialogue import Branch, Dialogue, Turn
from duologue.views.response import Exchange, exchanges

LAYOUT = "layout"

Several: TypeAlias = Literal["first", "last", "each", "none"]
"""What a turn with several strategies (one merged from several messages) counts as: its first or last one, a reply for
each, or nothing."""


class StrategyReply(NamedTuple):
    """A reply and what it should follow.

    Attributes:
        id: of the branch, or `DIALOGUE/TURN`; with several strategies `DIALOGUE/TURN/NUMBER`.
        conversation: what it must not be split from.
        strategy: that was asked for, or is its gold one.
        text: what was said.
        before: the turns before it.
        roles: the corpus's names of the speakers.
        layout: of the prompt; None of gold turns.
    """

    id: str
    conversation: str
    strategy: str
    text: str
    before: Sequence[Turn]
    roles: dict[str, str]
    layout: str | None = None

    @property
    def depth(self) -> int:
        """Utterances before the reply."""
        return len(self.before)


def strategy_replies(dialogues: Iterable[Dialogue], *, several: Several = "first") -> Iterator[StrategyReply]:
    """The replies of dialogues, in order.

    Args:
        dialogues: with strategies as labels of branches or system turns; others give nothing.
        several: what a turn with several strategies counts as.
    """
    for dialogue in dialogues:
        branches = [each for each in _branches(dialogue.turns, dialogue.branches) if STRATEGY in each[0].labels]
        yield from _told(dialogue, branches) if branches else _gold(dialogue, several)


def exchange_of(reply: StrategyReply) -> Exchange | None:
    """The reply as a response to the messages before it, for a chat template; None where no user spoke before.

    The history ends with the user's last turn: what the system said since then belongs to the reply's own run.
    """
    ends = [index for index, turn in enumerate(reply.before) if turn.speaker == "user"]
    if not ends:
        return None
    turns = [*reply.before[: ends[-1] + 1], Turn("system", reply.text)]
    return list(exchanges(Dialogue(reply.id, turns)))[-1]


def _told(dialogue: Dialogue, branches: list[tuple[Branch, list[Turn]]]) -> Iterator[StrategyReply]:
    conversation = conversation_of(dialogue)
    for branch, path in branches:
        strategy = branch.labels[STRATEGY][0]
        said = [index for index, turn in enumerate(path) if turn.speaker == "system" and index >= branch.at]
        if strategy == UNCONDITIONAL or not said:
            continue
        layout = next(iter(branch.labels.get(LAYOUT, ())), None)
        text, before = path[said[-1]].said, path[: said[-1]]
        yield StrategyReply(branch.id, conversation, strategy, text, before, dialogue.roles, layout)


def _gold(dialogue: Dialogue, several: Several) -> Iterator[StrategyReply]:
    conversation = conversation_of(dialogue)
    for index, turn in enumerate(dialogue.turns):
        labels = [label for label in turn.labels.get(STRATEGY, ()) if label and label != UNCONDITIONAL]
        if turn.speaker != "system" or not labels or (several == "none" and len(labels) > 1):
            continue
        chosen = {"first": labels[:1], "last": labels[-1:]}.get(several, labels)
        for number, strategy in enumerate(chosen):
            name = f"{dialogue.id}/{index}" + (f"/{number}" if len(chosen) > 1 else "")
            before = dialogue.turns[:index]
            yield StrategyReply(name, conversation, strategy, turn.said, before, dialogue.roles)


def _branches(turns: list[Turn], branches: list[Branch]) -> Iterator[tuple[Branch, list[Turn]]]:
    """Each branch with its whole path, depth-first."""
    for branch in branches:
        path = [*turns[: branch.at], *branch.turns]
        yield branch, path
        yield from _branches(path, branch.branches)


def conversation_of(dialogue: Dialogue) -> str:
    """The id of the conversation that a dialogue is, or was derived from.

    Several histories of one conversation are dialogues of their own; their turns say where they come from.
    """
    source = next((turn.source for turn in dialogue.turns if turn.source is not None), None)
    if source is not None:
        return source[0]
    if dialogue.origin is not None and dialogue.origin.parent is not None:
        return dialogue.origin.parent
    return dialogue.id
