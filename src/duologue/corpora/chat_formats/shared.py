"""What the chat formats share: checking a row's fields, and the parts of a message that several formats know.

`messages`, `openai`, `sharegpt` and `vertex` rows keep under their own name in `native` what only they know. What more
than one of them can say (tools, tool calls) lies in `native["chat"]` in the OpenAI shape, so that converting between
them keeps it. A turn that calls tools names them in `labels["tool_calls"]`; its text may be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from duologue.corpora.chat_formats.context import instruction_of
from duologue.dialogue import Dialogue, Turn, paths
from duologue.errors import InputError

SHARED = "chat"

Value = TypeVar("Value")


def field(row: Mapping[str, Any], name: str, kind: type[Value], where: str, layout: str) -> Value:
    """Return `row[name]` when it has the right type.

    Raises:
        InputError: it is missing or of another type; `layout` shows what a row looks like.
    """
    if name not in row:
        raise InputError(f"field '{name}' is missing", where=where, mend=f"rows look like {layout}")
    value = row[name]
    if not isinstance(value, kind):
        raise InputError(
            f"field '{name}': expected {_json_name(kind)}, found {_json_name(type(value))}",
            where=where,
            mend=f"rows look like {layout}",
        )
    return value


def row_id(row: Mapping[str, Any], default: str) -> str:
    """The id that a row gives itself (`id`, `conversation_id`, `dialogue_id`), or the default."""
    key = _id_key(row)
    return default if key is None else str(row[key])


def kept_id(extras: dict[str, Any], id: str) -> dict[str, Any]:
    """A row's extra keys, its id replaced where it is written under another (a branch, a derived dialogue)."""
    key = _id_key(extras)
    return extras if key is None or str(extras[key]) == id else extras | {key: id}


def _id_key(row: Mapping[str, Any]) -> str | None:
    for name in ("id", "conversation_id", "dialogue_id"):
        if isinstance(row.get(name), str | int) and not isinstance(row[name], bool) and row[name] != "":
            return name
    return None


def split(extras: Mapping[str, Any], shared: Iterable[str], name: str) -> dict[str, Any]:
    """`native` for keys that a format met: what several chat formats know, and what only this one knows."""
    common = {key: value for key, value in extras.items() if key in set(shared)}
    own = {key: value for key, value in extras.items() if key not in common}
    return ({SHARED: common} if common else {}) | ({name: own} if own else {})


def tool_names(tool_calls: Any) -> list[str]:
    """The names of the functions that a message calls, `?` where there is none."""
    calls = tool_calls if isinstance(tool_calls, list) else [tool_calls]
    names = [call.get("function", call) if isinstance(call, dict) else {} for call in calls]
    return [str(name.get("name", "?")) if isinstance(name, dict) else "?" for name in names]


def tool_calls(turn: Turn) -> list[dict[str, Any]]:
    """The turn's tool calls in the OpenAI shape; empty when it has none."""
    return list(turn.native.get(SHARED, {}).get("tool_calls") or [])


def linear(dialogues: Iterable[Dialogue], all_paths: bool) -> Iterator[Dialogue]:
    """The dialogues that a chat file gets: the trunk of each, or every path through it.

    What their answers rest on becomes part of the instruction, the only place where a chat file can say it.
    """
    for dialogue in dialogues:
        dialogue = replace(dialogue, instruction=instruction_of(dialogue))
        if all_paths:
            yield from paths(dialogue)
        else:
            yield dialogue


def _json_name(kind: type) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(kind, "a number")
