"""Rows of messages: `{"messages": [{"role", "content"[, "tool_calls", …]}]}`, the ecosystem's SFT format, as JSONL.

The first `system` (or `developer`) message is the dialogue's instruction; `assistant` speaks as `system`; `tool` turns
stay. Later system messages are nobody's turn: they are kept aside and written back. `actions` says what is read of
conversations in which an assistant asks back. Use `openai_finetuning` for files
that go to or come from OpenAI's fine-tuning, which allow fewer keys.

    write("chats.jsonl", read("other_chats.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from duologue.corpora.chat_formats.actions import Fresh, message_keys, row_keys, with_actions
from duologue.corpora.chat_formats.rows import RawRow, read_dialogues, write_raw
from duologue.corpora.chat_formats.shared import SHARED, field, kept_id, linear, row_id, split, tool_names
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.errors import InputError

NAME = "messages"
LAYOUT = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'
SPEAKERS: dict[str, Speaker] = {"user": "user", "assistant": "system", "tool": "tool", "function": "tool"}
INSTRUCTION_ROLES = ("system", "developer")
SHARED_MESSAGE_KEYS = ("tool_calls", "tool_call_id", "name", "function_call", "refusal", "weight")
SHARED_ROW_KEYS = ("tools", "parallel_tool_calls", "functions")
_ROLES: dict[str, str] = {"user": "user", "system": "assistant", "tool": "tool"}


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a JSONL file (or JSON array) of messages.

    Raises:
        InputError: names the file, the line and the field; with `on_problem` a bad row is told and left out.
    """
    return read_dialogues(path, lambda row: dialogue_from_row(row, NAME), on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, paths: bool = False) -> int:
    """Write the trunk of each dialogue (with `paths`, every path) and return the number of rows."""
    return write_raw(path, (row_from_dialogue(dialogue, NAME) for dialogue in linear(dialogues, paths)))


def dialogue_from_row(row: RawRow, name: str) -> Dialogue:
    """One row as a dialogue; `name` is the format under which `native` keeps its extra keys."""
    messages = field(row.value, "messages", list, row.where, LAYOUT)
    native = split({key: value for key, value in row.value.items() if key != "messages"}, SHARED_ROW_KEYS, name)
    own = native.setdefault(name, {})
    instruction: str | None = None
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"{row.where}, messages[{index}]"
        if not isinstance(message, dict):
            raise InputError("expected an object", where=where, mend=f"rows look like {LAYOUT}")
        role = field(message, "role", str, where, LAYOUT)
        if role in INSTRUCTION_ROLES and index == 0 and isinstance(message.get("content"), str):
            instruction = message["content"]
            rest = {key: value for key, value in message.items() if key not in ("content",)}
            if rest != {"role": "system"}:
                own["_instruction"] = rest
        elif role in INSTRUCTION_ROLES:
            own.setdefault("_aside", []).append([index, message])
        elif role in SPEAKERS:
            turns.append(_turn(message, SPEAKERS[role], where, name))
        else:
            known = ", ".join([*INSTRUCTION_ROLES, *SPEAKERS])
            raise InputError(f"field 'role': unknown role '{role}'", where=where, mend=f"known are {known}")
    dialogue = Dialogue(row_id(row.value, row.id), turns, instruction=instruction, native=native)
    return with_actions(dialogue, name, row.where)


def row_from_dialogue(dialogue: Dialogue, name: str) -> dict[str, Any]:
    """A dialogue as one row; without `native[name]` (it comes from elsewhere) the row carries its id."""
    own = dict(dialogue.native.get(name, {"id": dialogue.id} if name == NAME else {}))
    aside, head = own.pop("_aside", []), own.pop("_instruction", {"role": "system"})
    fresh: Fresh = "action" if name == NAME else None
    messages = [
        _message(turn, name) | message_keys(dialogue, index, name, fresh) for index, turn in enumerate(dialogue.turns)
    ]
    if name == NAME:
        own |= row_keys(dialogue, own)
    if dialogue.instruction is not None:
        messages.insert(0, head | {"content": dialogue.instruction})
    for index, message in aside:
        messages.insert(index, message)
    shared: dict[str, Any] = dialogue.native.get(SHARED, {})
    return kept_id(own, dialogue.id) | shared | {"messages": messages}


def _turn(message: dict[str, Any], speaker: Speaker, where: str, name: str) -> Turn:
    content = message.get("content")
    native = split(
        {key: value for key, value in message.items() if key not in ("role", "content")}, SHARED_MESSAGE_KEYS, name
    )
    own: dict[str, Any] = {}
    if message["role"] != _ROLES[speaker]:
        own["role"] = message["role"]
    if "content" not in message:
        own["_no_content"] = True
    elif not isinstance(content, str):
        own["content"] = content
    if own:
        native[name] = native.get(name, {}) | own
    calls = message.get("tool_calls") or message.get("function_call")
    labels = {"tool_calls": tool_names(calls)} if calls else {}
    return Turn(speaker, _text(content, where), labels=labels, native=native)


def _text(content: Any, where: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "\n".join(part["text"] for part in content if isinstance(part.get("text"), str))
    raise InputError(
        "field 'content': expected a string, null or a list of parts", where=where, mend=f"rows look like {LAYOUT}"
    )


def _message(turn: Turn, name: str) -> dict[str, Any]:
    own = dict(turn.native.get(name, {}))
    no_content, content = own.pop("_no_content", False), own.pop("content", turn.text)
    message = {"role": _ROLES[turn.speaker]} | own | turn.native.get(SHARED, {})
    if isinstance(content, list):
        message["content"] = _parts(content, turn)
    elif turn.said or not (no_content or content is None):
        message["content"] = turn.said
    elif not no_content:
        message["content"] = None
    return cast("dict[str, Any]", message)


def _parts(content: list[Any], turn: Turn) -> list[Any]:
    for insertion in turn.insertions:
        part = [{"type": "text", "text": insertion.text}]
        content = [*part, *content] if insertion.where == "before" else [*content, *part]
    return content
