"""ShareGPT: `{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}`, JSON array or JSONL.

The instruction stands as a first `system` message or in the row's `system` key (LLaMA-Factory); tools as `tools`,
calls as `function_call` (a JSON text), their results as `observation` (or `tool`). The many names that people use
for the two sides are read, kept, and written back.

    write("chats.json", read("chats.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.chat_formats.rows import RawRow, read_dialogues, write_raw
from duologue.corpora.chat_formats.shared import SHARED, field, kept_id, linear, row_id, tool_calls, tool_names
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.errors import InputError

NAME = "sharegpt"
LAYOUT = '{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}'
SPEAKERS: dict[str, Speaker] = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "bing", "bard", "model", "function_call"), "system"),
    **dict.fromkeys(("tool", "observation", "function_response"), "tool"),
}
_FROM: dict[str, str] = {"user": "human", "system": "gpt", "tool": "tool"}


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a ShareGPT file.

    Raises:
        InputError: names the file, the line or row, and the field; with `on_problem` a bad row is told and left out.
    """
    return read_dialogues(path, _dialogue, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, paths: bool = False) -> int:
    """Write the trunk of each dialogue (with `paths`, every path) and return the number of rows."""
    return write_raw(path, (_row(dialogue) for dialogue in linear(dialogues, paths)))


def _dialogue(row: RawRow) -> Dialogue:
    messages = field(row.value, "conversations", list, row.where, LAYOUT)
    own = {key: value for key, value in row.value.items() if key != "conversations"}
    instruction: str | None = None
    if isinstance(own.get("system"), str):
        instruction = own["system"]
        own["system"] = None  # the writer puts the instruction there
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"{row.where}, conversations[{index}]"
        if not isinstance(message, dict):
            raise InputError("expected an object", where=where, mend=f"rows look like {LAYOUT}")
        sender = field(message, "from", str, where, LAYOUT)
        value = field(message, "value", str, where, LAYOUT)
        rest = {key: item for key, item in message.items() if key != "value"}
        if sender == "system" and index == 0 and instruction is None:
            instruction = value
            if rest != {"from": "system"}:
                own["_instruction"] = rest
        elif sender == "system":
            own.setdefault("_aside", []).append([index, message])
        elif sender in SPEAKERS:
            turns.append(_turn(SPEAKERS[sender], value, rest))
        else:
            known = ", ".join(["system", *SPEAKERS])
            raise InputError(f"field 'from': unknown speaker '{sender}'", where=where, mend=f"known are {known}")
    native = {NAME: own} | ({SHARED: {"tools": tools}} if (tools := _tools(own.get("tools"))) else {})
    return Dialogue(row_id(row.value, row.id), turns, instruction=instruction, native=native)


def _turn(speaker: Speaker, value: str, rest: dict[str, Any]) -> Turn:
    native: dict[str, Any] = {}
    labels: dict[str, list[str]] = {}
    if rest["from"] == "function_call":
        # Other chat formats know a call as a structure, not as a text: the text stays with ShareGPT.
        calls = _calls(value)
        if calls:
            native[SHARED], labels["tool_calls"] = {"tool_calls": calls}, tool_names(calls)
            rest, value = rest | {"value": value}, ""
    if rest != {"from": _FROM[speaker]}:
        native[NAME] = rest
    return Turn(speaker, value, labels=labels, native=native)


def _tools(described: Any) -> list[dict[str, Any]]:
    """The functions that a row's `tools` text describes, in the OpenAI shape; empty when it is not the usual JSON."""
    try:
        tools = msgspec.json.decode(described) if isinstance(described, str) else described
    except msgspec.DecodeError:
        return []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        return []
    return [tool if "function" in tool else {"type": "function", "function": tool} for tool in tools]


def _calls(value: str) -> list[dict[str, Any]]:
    """The calls in a `function_call` value, in the OpenAI shape; empty when it is not the usual JSON."""
    try:
        parsed = msgspec.json.decode(value)
    except msgspec.DecodeError:
        return []
    calls = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(call, dict) and "name" in call for call in calls):
        return []
    return [
        {"type": "function", "function": {"name": call["name"], "arguments": _text(call.get("arguments", {}))}}
        for call in calls
    ]


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


def _row(dialogue: Dialogue) -> dict[str, Any]:
    own = dict(dialogue.native.get(NAME, {"id": dialogue.id}))
    aside, head = own.pop("_aside", []), own.pop("_instruction", {"from": "system"})
    messages = [message for turn in dialogue.turns for message in _messages(turn)]
    if "system" in own and dialogue.instruction is not None:
        own["system"] = dialogue.instruction
    elif dialogue.instruction is not None:
        messages.insert(0, head | {"value": dialogue.instruction})
    for index, message in aside:
        messages.insert(index, message)
    tools = dialogue.native.get(SHARED, {}).get("tools")
    if tools and NAME not in dialogue.native:
        own["tools"] = msgspec.json.encode([tool.get("function", tool) for tool in tools]).decode()
    return kept_id(own, dialogue.id) | {"conversations": messages}


def _messages(turn: Turn) -> list[dict[str, Any]]:
    own = turn.native.get(NAME, {})
    if "value" in own:
        return [own]
    spoken = {"from": _FROM[turn.speaker]} | own | {"value": turn.said}
    calls = [
        {"name": function.get("name"), "arguments": function.get("arguments")}
        for function in (call.get("function", {}) for call in tool_calls(turn))
    ]
    if not calls:
        return [spoken]
    call = {"from": "function_call", "value": msgspec.json.encode(calls if len(calls) > 1 else calls[0]).decode()}
    return [spoken, call] if turn.said else [call]
