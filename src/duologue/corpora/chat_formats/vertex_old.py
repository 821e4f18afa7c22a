"""The three older layouts of Vertex AI tuning rows, one pair of functions each; `vertex` is the door to them.

Dialogues read here and written in the layout they came in are equal after parsing. An old layout that cannot hold a
dialogue (a tool turn in `gemini-1.0`, more than one exchange in `palm-text`) says so.
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.chat_formats.actions import message_keys, row_keys, with_actions
from duologue.corpora.chat_formats.rows import RawRow
from duologue.corpora.chat_formats.shared import field
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.errors import InputError

NAME = "vertex"
GEMINI_1 = '{"messages": [{"role": "user", "content": "…"}, {"role": "model", "content": "…"}]}'
PALM_CHAT = '{"context": "…", "messages": [{"author": "user", "content": "…"}]}'
PALM_TEXT = '{"input_text": "…", "output_text": "…"}'
_GEMINI_ROLES: dict[str, Speaker] = {"user": "user", "model": "system", "assistant": "system"}
_USERS, _MODELS = ("user", "human"), ("bot", "assistant", "model")


def from_gemini_1(row: RawRow) -> Dialogue:
    """Read a row of `gemini-1.0`; a message's further keys are kept, and `actions` says what some of them mean."""
    messages = field(row.value, "messages", list, row.where, GEMINI_1)
    own = _extras(row, ("messages",), "gemini-1.0")
    instruction, turns = None, []
    for index, message in enumerate(messages):
        where = f"{row.where}, messages[{index}]"
        message = _object(message, where, GEMINI_1)
        role, content = (field(message, name, str, where, GEMINI_1) for name in ("role", "content"))
        rest = {key: value for key, value in message.items() if key not in ("role", "content")}
        if role == "system" and index == 0:
            instruction = content
            own |= {"_instruction": rest} if rest else {}
            continue
        if role not in _GEMINI_ROLES:
            raise InputError(
                f"field 'role': unknown role '{role}'", where=where, mend="known are system (first), user, model"
            )
        rest |= {"role": role} if role == "assistant" else {}
        turns.append(Turn(_GEMINI_ROLES[role], content, native={NAME: rest} if rest else {}))
    return with_actions(Dialogue(row.id, turns, instruction=instruction, native={NAME: own}), NAME, row.where)


def to_gemini_1(dialogue: Dialogue) -> dict[str, Any]:
    """Write a row of `gemini-1.0`."""
    own = dialogue.native.get(NAME, {}) if _is(dialogue, "gemini-1.0") else {}
    messages: list[dict[str, Any]] = []
    if dialogue.instruction is not None:
        messages.append({"role": "system", "content": dialogue.instruction} | own.get("_instruction", {}))
    for index, turn in enumerate(dialogue.turns):
        _no_tool(dialogue, index, "gemini-1.0")
        rest = turn.native.get(NAME, {}) if own else {}
        message = {"role": "user" if turn.speaker == "user" else "model", "content": turn.said}
        messages.append(message | rest | message_keys(dialogue, index, NAME, "requires_clarification"))
    return _row(own) | row_keys(dialogue, own) | {"messages": messages}


def from_palm_chat(row: RawRow) -> Dialogue:
    """Read a row of `palm-chat`; authors may have any two names, the first being the user's unless it is known."""
    messages = field(row.value, "messages", list, row.where, PALM_CHAT)
    own = _extras(row, ("messages", "context"), "palm-chat")
    context = field(row.value, "context", str, row.where, PALM_CHAT) if "context" in row.value else None
    turns: list[Turn] = []
    roles: dict[str, str] = {}
    for index, message in enumerate(messages):
        where = f"{row.where}, messages[{index}]"
        message = _object(message, where, PALM_CHAT)
        author, content = (field(message, name, str, where, PALM_CHAT) for name in ("author", "content"))
        speaker = _speaker(author, roles, where)
        rest = {key: value for key, value in message.items() if key not in ("author", "content")}
        turns.append(Turn(speaker, content, native={NAME: rest} if rest else {}))
    return Dialogue(row.id, turns, instruction=context, roles=roles, native={NAME: own})


def to_palm_chat(dialogue: Dialogue) -> dict[str, Any]:
    """Write a row of `palm-chat`, with the corpus's own speaker names where it has any."""
    own = dialogue.native.get(NAME, {}) if _is(dialogue, "palm-chat") else {}
    names = {"user": "user", "system": "assistant"} | dialogue.roles
    messages = []
    for index, turn in enumerate(dialogue.turns):
        _no_tool(dialogue, index, "palm-chat")
        rest = turn.native.get(NAME, {}) if own else {}
        messages.append({"author": names[turn.speaker], "content": turn.said} | rest)
    head = {} if dialogue.instruction is None else {"context": dialogue.instruction}
    return _row(own) | head | {"messages": messages}


def from_palm_text(row: RawRow) -> Dialogue:
    """Read a row of `palm-text`: one prompt and its answer."""
    asked, answered = (field(row.value, name, str, row.where, PALM_TEXT) for name in ("input_text", "output_text"))
    own = _extras(row, ("input_text", "output_text"), "palm-text")
    return Dialogue(row.id, [Turn("user", asked), Turn("system", answered)], native={NAME: own})


def to_palm_text(dialogue: Dialogue) -> dict[str, Any]:
    """Write a row of `palm-text`.

    Raises:
        InputError: the dialogue is not one exchange without instruction.
    """
    speakers = [turn.speaker for turn in dialogue.turns]
    if speakers != ["user", "system"] or dialogue.instruction is not None:
        raise InputError(
            f"palm-text holds one exchange without instruction; this has {len(speakers)} turns",
            where=f"dialogue {dialogue.id}",
            mend="take layout current, gemini-1.0 or palm-chat",
        )
    own = dialogue.native.get(NAME, {}) if _is(dialogue, "palm-text") else {}
    return _row(own) | {"input_text": dialogue.turns[0].said, "output_text": dialogue.turns[1].said}


def _speaker(author: str, roles: dict[str, str], where: str) -> Speaker:
    for speaker, name in roles.items():
        if name == author:
            return "user" if speaker == "user" else "system"
    speaker = "system" if author.lower() in _MODELS or (author.lower() not in _USERS and "user" in roles) else "user"
    if speaker in roles:
        raise InputError(
            f"field 'author': a third author '{author}'", where=where, mend="a conversation has two authors"
        )
    roles[speaker] = author
    return "user" if speaker == "user" else "system"


def _object(message: Any, where: str, layout: str) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise InputError("expected an object", where=where, mend=f"rows look like {layout}")
    return message


def _extras(row: RawRow, known: tuple[str, ...], layout: str) -> dict[str, Any]:
    return {key: value for key, value in row.value.items() if key not in known} | {"_layout": layout}


def _row(own: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in own.items() if not key.startswith("_")}


def _is(dialogue: Dialogue, layout: str) -> bool:
    return bool(dialogue.native.get(NAME, {}).get("_layout") == layout)


def _no_tool(dialogue: Dialogue, index: int, layout: str) -> None:
    if dialogue.turns[index].speaker == "tool":
        raise InputError(
            f"layout {layout} has no tool turns", where=f"dialogue {dialogue.id}, turn {index}", mend="take current"
        )
