"""Rows to train on: preference pairs out of what `contrast` made, and the gold conversations to begin with.

    for pair in pairs(read("runs/pairs/dialogues.jsonl")): print(pair.prompt, pair.chosen, pair.rejected)

On disk a `Pair` is a row of TRL's conversational preference format (`prompt`, `chosen`, `rejected`) with its metadata:
id, actions, goal, goal type and accepted answers. The nine fields are plain texts (google-research,
`learning_to_clarify`), with the speakers' names before what they say and actions in capitals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from duologue.corpora.actions import ACTION
from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Branch, Dialogue, Turn, parent_id
from duologue.models.request import Message
from duologue.operators.contrast import PAIR, PREFERENCE
from duologue.prompts.clarify import asking_within, plain_asking
from duologue.views.preference import Pair

_CHAT = {"user": "user", "system": "assistant"}
_NAMES = {"user": "User", "system": "Assistant"}
Row: TypeAlias = dict[str, str]


class Contrast(NamedTuple):
    """A state with its winning and its losing turn."""

    state: Instance
    chosen: Branch
    rejected: Branch


def contrasts(dialogues: Iterable[Dialogue]) -> Iterator[Contrast]:
    """The pairs in dialogues, in the order of their branches; what has none gives nothing."""
    for dialogue in dialogues:
        states = {state.at: state for state in instances([dialogue])}
        waiting: dict[str, Branch] = {}
        for branch in dialogue.branches:
            side, name = branch.labels.get(PREFERENCE), branch.labels.get(PAIR, [""])[0]
            if side is None or branch.at not in states:
                continue
            other = waiting.pop(name, None)
            if other is None:
                waiting[name] = branch
            else:
                chosen, rejected = (branch, other) if side == ["chosen"] else (other, branch)
                yield Contrast(states[branch.at], chosen, rejected)


def pairs(dialogues: Iterable[Dialogue], *, characters: int | None = None) -> Iterator[Pair]:
    """Rows of TRL's conversational preference format.

    Args:
        dialogues: what `contrast` made.
        characters: most of them in a prompt, see `prompts.clarify.asking_within`.
    """
    for state, chosen, rejected in contrasts(dialogues):
        yield Pair(
            id=_id(state, chosen),
            prompt=asking_within(characters, state),
            chosen=_messages(chosen.turns),
            rejected=_messages(rejected.turns),
            action=state.action,
            rejected_action=rejected.labels[ACTION][0],
            goal=state.goal or "",
            goal_type=state.goal_type or "",
            references=state.references,
        )


def release_rows(dialogues: Iterable[Dialogue]) -> Iterator[Row]:
    """Rows with the nine fields of the release, all of them texts."""
    for state, chosen, rejected in contrasts(dialogues):
        yield {
            "input_text": plain_asking(state),
            "output_text": _lines([state.gold]),
            "dialogue_policy": state.action.upper(),
            "gold_target": state.goal or "",
            "gold_trajectory": _lines(state.trajectory),
            "chosen_policy": state.action.upper(),
            "rejected_policy": rejected.labels[ACTION][0].upper(),
            "chosen": _lines(chosen.turns),
            "rejected": _lines(rejected.turns),
        }


def gold_rows(dialogues: Iterable[Dialogue], *, characters: int | None = None) -> Iterator[dict[str, Any]]:
    """Gold conversations as chats to begin with (SFT): the prompt that a policy is asked with, and all gold turns.

    Args:
        dialogues: with labelled system turns; what has none gives nothing.
        characters: as for `pairs`; what is cut is cut as for the last labelled turn.
    """
    for dialogue in dialogues:
        states = list(instances([dialogue]))
        if states:
            messages = (*asking_within(characters, states[-1]), *_messages([states[-1].gold]))
            yield {"id": dialogue.id, "messages": messages}


def state_id(state: Instance) -> str:
    """The id that a state had in what `contrast` was given."""
    return f"{parent_id(state.dialogue)}-{state.at}"


def _id(state: Instance, chosen: Branch) -> str:
    """The state's id; a pair that was drawn again says which time."""
    copy = chosen.labels[PAIR][0].rpartition("-")[2]
    name = state_id(state)
    return name if copy == "0" else f"{name}#{copy}"


def _messages(turns: Sequence[Turn]) -> tuple[Message, ...]:
    return tuple(Message(_CHAT[turn.speaker], turn.said) for turn in turns)


def _lines(turns: Sequence[Turn]) -> str:
    return "\n".join(f"{_NAMES[turn.speaker]}: {turn.said}" for turn in turns)
