"""Vertex AI tuning files, JSONL: the current Gemini layout and the older ones.

- `current`: `{"systemInstruction": {"role", "parts": [{"text"}]}, "contents": [{"role": "user"|"model", "parts"}]}`
- `gemini-1.0`: `{"messages": [{"role": "system"|"user"|"model", "content"}]}`
- `palm-chat`: `{"context", "messages": [{"author", "content"}]}` (chat-bison)
- `palm-text`: `{"input_text", "output_text"}` (text-bison), one exchange

The reader knows them apart by their keys; the writer keeps the layout that was read unless it is told one.
Source: Google Cloud's pages "Prepare supervised fine-tuning data for Gemini models" and "Migrate tuning from PaLM API".

    write("tune.jsonl", read("old.jsonl"), layout="current")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from duologue.corpora.chat_formats.actions import message_keys, with_actions
from duologue.corpora.chat_formats.rows import RawRow, read_dialogues, write_raw
from duologue.corpora.chat_formats.shared import SHARED, field, linear, tool_calls, tool_names
from duologue.corpora.chat_formats.vertex_old import (
    from_gemini_1,
    from_palm_chat,
    from_palm_text,
    to_gemini_1,
    to_palm_chat,
    to_palm_text,
)
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.errors import InputError

NAME = "vertex"
Layout: TypeAlias = Literal["current", "gemini-1.0", "palm-chat", "palm-text"]
LAYOUT = '{"contents": [{"role": "user", "parts": [{"text": "…"}]}, {"role": "model", "parts": [{"text": "…"}]}]}'
SPEAKERS: dict[str, Speaker] = {"user": "user", "model": "system", "function": "tool", "tool": "tool"}
_ROLES: dict[str, str] = {"user": "user", "system": "model", "tool": "function"}


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a tuning file in any of the four layouts (they may be mixed).

    Raises:
        InputError: names the file, the line and the field; with `on_problem` a bad row is told and left out.
    """
    return read_dialogues(path, _from_row, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, layout: Layout | None = None, paths: bool = False) -> int:
    """Write the trunk of each dialogue (with `paths`, every path) and return the number of rows.

    Args:
        path: where to; a `.json` gets one array, everything else JSONL.
        dialogues: what to write.
        layout: the layout of every row; None keeps the one that was read, `current` for other dialogues.
        paths: write every path of a tree, not only the trunk.

    Raises:
        InputError: no such layout, or a dialogue that an old layout cannot hold.
    """
    if layout is not None and layout not in get_args(Layout):
        raise InputError(f"unknown layout '{layout}'", mend=f"known are {', '.join(get_args(Layout))}")
    writers = {
        "current": _row,
        "gemini-1.0": to_gemini_1,
        "palm-chat": to_palm_chat,
        "palm-text": to_palm_text,
    }
    return write_raw(
        path,
        (
            writers[layout or dialogue.native.get(NAME, {}).get("_layout", "current")](dialogue)
            for dialogue in linear(dialogues, paths)
        ),
    )


def _from_row(row: RawRow) -> Dialogue:
    messages = row.value.get("messages")
    if "contents" in row.value:
        return _dialogue(row)
    if "input_text" in row.value:
        return from_palm_text(row)
    if isinstance(messages, list) and any("author" in message for message in messages if isinstance(message, dict)):
        return from_palm_chat(row)
    if "messages" in row.value:
        return from_gemini_1(row)
    raise InputError("field 'contents' is missing", where=row.where, mend=f"rows look like {LAYOUT}")


def _dialogue(row: RawRow) -> Dialogue:
    contents = field(row.value, "contents", list, row.where, LAYOUT)
    extras = {key: value for key, value in row.value.items() if key not in ("contents", "systemInstruction")}
    own: dict[str, Any] = extras | {"_layout": "current"}
    instruction = None
    if "systemInstruction" in row.value:
        given = field(row.value, "systemInstruction", dict, row.where, LAYOUT)
        where = f"{row.where}, systemInstruction"
        instruction = _text(_parts(given, where))
        if given != _said("system", instruction):
            own["_instruction"] = given
    turns = []
    for index, content in enumerate(contents):
        where = f"{row.where}, contents[{index}]"
        if not isinstance(content, dict):
            raise InputError("expected an object", where=where, mend=f"rows look like {LAYOUT}")
        turns.append(_turn(content, where))
    tools = [
        {"type": "function", "function": function}
        for tool in extras.get("tools") or []
        if isinstance(tool, dict)
        for function in tool.get("functionDeclarations") or []
    ]
    native = {NAME: own} | ({SHARED: {"tools": tools}} if tools else {})
    return with_actions(Dialogue(row.id, turns, instruction=instruction, native=native), NAME, row.where)


def _turn(content: dict[str, Any], where: str) -> Turn:
    parts = _parts(content, where)
    role = content.get("role", "user")
    if role not in SPEAKERS:
        known = ", ".join(SPEAKERS)
        raise InputError(f"field 'role': unknown role '{role}'", where=where, mend=f"known are {known}")
    speaker = SPEAKERS[role]
    if parts and all("functionResponse" in part for part in parts):
        speaker = "tool"
    text = _text(parts)
    called = [part["functionCall"] for part in parts if "functionCall" in part]
    native: dict[str, Any] = {} if content == _said(_ROLES[speaker], text) else {NAME: content}
    if called:
        native[SHARED] = {"tool_calls": [_called(call) for call in called]}
    if speaker == "tool" and not text:
        text = "\n".join(_result(part["functionResponse"]) for part in parts if "functionResponse" in part)
    return Turn(speaker, text, labels={"tool_calls": tool_names(called)} if called else {}, native=native)


def _row(dialogue: Dialogue) -> dict[str, Any]:
    own = dialogue.native.get(NAME, {})
    row: dict[str, Any] = {}
    if own.get("_layout") == "current":
        row = {key: value for key, value in own.items() if not key.startswith("_")}
    if dialogue.instruction is not None:
        given = own.get("_instruction") if own.get("_layout") == "current" else None
        same = given is not None and _text(given["parts"]) == dialogue.instruction
        row["systemInstruction"] = given if same else _said("system", dialogue.instruction)
    row["contents"] = [
        _content(turn) | message_keys(dialogue, index, NAME, None) for index, turn in enumerate(dialogue.turns)
    ]
    tools = dialogue.native.get(SHARED, {}).get("tools")
    if tools and own.get("_layout") != "current":
        row["tools"] = [{"functionDeclarations": [tool.get("function", tool) for tool in tools]}]
    return row


def _content(turn: Turn) -> dict[str, Any]:
    content = turn.native.get(NAME, {})
    if "parts" in content:
        parts = list(content["parts"])
        for insertion in turn.insertions:
            part = [{"text": insertion.text}]
            parts = [*part, *parts] if insertion.where == "before" else [*parts, *part]
        return {**content, "parts": parts}
    said = _said(_ROLES[turn.speaker], turn.said)
    calls = [{"functionCall": _call(call)} for call in tool_calls(turn)]
    if calls:
        said["parts"] = [*(said["parts"] if turn.said else []), *calls]
    if turn.speaker == "tool":
        name = turn.native.get(SHARED, {}).get("name", "tool")
        said["parts"] = [{"functionResponse": {"name": name, "response": {"result": turn.said}}}]
    return said


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function", {})
    arguments = function.get("arguments", "{}")
    try:
        parsed = msgspec.json.decode(arguments) if isinstance(arguments, str) else arguments
    except msgspec.DecodeError:
        parsed = {"text": arguments}
    return {"name": function.get("name", "?"), "args": parsed}


def _called(call: Any) -> dict[str, Any]:
    """A `functionCall` in the OpenAI shape."""
    call = call if isinstance(call, dict) else {}
    arguments = msgspec.json.encode(call.get("args", {})).decode()
    return {"type": "function", "function": {"name": call.get("name", "?"), "arguments": arguments}}


def _result(response: Any) -> str:
    """What a `functionResponse` says: its result where it is a text, else its JSON."""
    found = response.get("response") if isinstance(response, dict) else response
    if isinstance(found, dict) and isinstance(found.get("result"), str):
        return str(found["result"])
    return msgspec.json.encode(found).decode()


def _said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"text": text}]}


def _parts(content: dict[str, Any], where: str) -> list[dict[str, Any]]:
    parts = field(content, "parts", list, where, LAYOUT)
    if not all(isinstance(part, dict) for part in parts):
        raise InputError("field 'parts': expected a list of objects", where=where, mend=f"rows look like {LAYOUT}")
    return parts


def _text(parts: list[dict[str, Any]]) -> str:
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))
