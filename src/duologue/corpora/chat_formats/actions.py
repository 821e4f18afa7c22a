"""Actions, goals and databases in chat files: what tuning data for assistants that ask back adds to rows and messages.

- a message of the model may have `action` (`clarify`, `answer`), or the user's message before it `action`, or
  `requires_clarification` (true or false), the layout of the published release;
- a row may have `goal_type` (`drop`, `similarity`, `sql`) and beside it `goal` (the final answer, or a list of accepted
  ones) and `intent` (what the user means, hidden from the assistant); and `db_id` (a database by name).

They become labels, facts and grounding. The keys themselves stay in `native` and are written back as they were, but for
those whose label has changed. Conversations from elsewhere get the keys where a format has room for them.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from duologue.corpora.actions import ACTION, ACTIONS, ANSWER, CLARIFY, INTENT, REFERENCES, references
from duologue.corpora.clarification_points import GOAL_TYPE
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.errors import InputError

Fresh: TypeAlias = Literal["action", "requires_clarification"] | None
"""How conversations from elsewhere tell actions: on the model's messages, on the user's, or not at all."""

_REQUIRED = "requires_clarification"
_GOAL, _DATABASE = "goal", "db_id"


def with_actions(dialogue: Dialogue, name: str, where: str) -> Dialogue:
    """A conversation that was read with what the keys in its `native[name]` say as labels, facts and grounding.

    Raises:
        InputError: a goal of a goal type that is no text.
    """
    for before, turn in zip(dialogue.turns, dialogue.turns[1:], strict=False):
        action = _meant(before, turn, name)
        if turn.speaker == "system" and action is not None:
            turn.labels[ACTION] = [action]
    row = dialogue.native.get(name, {})
    if isinstance(row.get(GOAL_TYPE), str):
        dialogue.facts[GOAL_TYPE] = row[GOAL_TYPE]
        if isinstance(row.get(INTENT), str):
            dialogue.facts[INTENT] = row[INTENT]
        _accept(dialogue, row.get(_GOAL), where)
    if isinstance(row.get(_DATABASE), str):
        dialogue = replace(dialogue, grounding=Grounding(database=row[_DATABASE]))
    return dialogue


def message_keys(dialogue: Dialogue, index: int, name: str, fresh: Fresh) -> dict[str, Any]:
    """The keys of a message that tell actions.

    Args:
        dialogue: the conversation that is written.
        index: of the message's turn.
        name: the format.
        fresh: how a conversation from elsewhere tells actions.
    """
    turn = dialogue.turns[index]
    kept = turn.native.get(name, {})
    system = index if turn.speaker == "system" else index + 1
    labels = dialogue.turns[system].labels.get(ACTION, []) if system < len(dialogue.turns) else []
    if not labels or turn.speaker == "tool":
        return {}
    if name not in dialogue.native:
        if fresh == ACTION and turn.speaker == "system":
            return {ACTION: labels[0]}
        return {_REQUIRED: labels[0] == CLARIFY} if fresh == _REQUIRED and turn.speaker == "user" else {}
    keys: dict[str, Any] = {}
    if isinstance(kept.get(_REQUIRED), bool) and turn.speaker == "user":
        keys[_REQUIRED] = labels[0] == CLARIFY
    if _named(kept) not in (None, labels[0]):
        keys[ACTION] = labels[0]
    return keys


def row_keys(dialogue: Dialogue, row: dict[str, Any]) -> dict[str, Any]:
    """The keys of a row that tell goal type, goal, intent and database, where the row has not got them already."""
    goal_type = dialogue.facts.get(GOAL_TYPE)
    database = dialogue.grounding.database if dialogue.grounding else None
    goal, intent = (_goal(dialogue), dialogue.facts.get(INTENT)) if goal_type else (None, None)
    keys = {GOAL_TYPE: goal_type, _GOAL: goal, INTENT: intent, _DATABASE: database}
    return {key: value for key, value in keys.items() if value is not None and key not in row}


def _goal(dialogue: Dialogue) -> str | list[str] | None:
    """What the last answer may be: its text, or all that is accepted."""
    accepted = references(last) if (last := _last_answer(dialogue)) else ()
    return list(accepted) if len(accepted) > 1 else next(iter(accepted), None)


def _last_answer(dialogue: Dialogue) -> Turn | None:
    return next((turn for turn in reversed(dialogue.turns) if turn.labels.get(ACTION) == [ANSWER]), None)


def _meant(before: Turn, turn: Turn, name: str) -> str | None:
    """The action of a turn by its own message, or by the user's message before."""
    own = _named(turn.native.get(name, {}))
    if own is not None or before.speaker != "user":
        return own
    asked = before.native.get(name, {})
    required = asked.get(_REQUIRED)
    if isinstance(required, bool):
        return CLARIFY if required else ANSWER
    return _named(asked)


def _named(kept: dict[str, Any]) -> str | None:
    """The action that a message names, in any case; None for other things that go by that key."""
    named = kept.get(ACTION)
    return named.lower() if isinstance(named, str) and named.lower() in ACTIONS else None


def _accept(dialogue: Dialogue, goal: Any, where: str) -> None:
    """Make a goal a reference of the last answer."""
    if goal is None:
        return
    goals = goal if isinstance(goal, list) else [goal]
    if not goals or not all(isinstance(each, str) for each in goals):
        raise InputError(
            f"field '{_GOAL}': expected a text or a list of texts, found {goal!r}", where=where, mend="write it as text"
        )
    last = _last_answer(dialogue)
    if last is None:
        return
    others = [each for each in goals if each != last.text]
    if others:
        last.labels[REFERENCES] = others
