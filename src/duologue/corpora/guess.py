"""Which formats a file can be, judged by its first dialogue: for the hint in an error, never for reading.

guess("vaild.json")      # frozenset({"situations"}); empty when nothing is known
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.json_stream import first_byte, read_list, read_object, read_under
from duologue.corpora.seeds import TEXT_COLUMNS
from duologue.dialogue import open_bytes
from duologue.errors import InputError

_LONGEST_LINE = 1 << 22
_UNKNOWN: frozenset[str] = frozenset()
_BY_KEYS = {
    "pacific": {"table", "paragraphs", "questions"},
    "abg-coqa": {"story", "target_turn", "clarification_turn"},
    "spider": {"db_id", "question", "query"},
}
_SCHEMA_GUIDED = frozenset({"multiwoz22", "sgd"})


def guess(path: str | Path) -> frozenset[str]:
    """The names of the formats whose first dialogue looks like this file's; empty for broken or unknown files."""
    try:
        if "://" not in str(path) and Path(path).is_dir():
            return _of_folder(Path(path))
        first = first_byte(path)
        if first == b"[":
            return _of_row(next(read_list(path), None))
        if first != b"{":
            return _UNKNOWN
        line = _first_line(path)
        found = _of_row(line)
        if found:
            return found
        pair = next(read_object(path) if line is None else iter(line.items()), None)
        if pair is not None and pair[0] in ("version", "data"):
            return _of_row(next(read_under(path, "data"), None))
        return _of_first(pair)
    except InputError:
        return _UNKNOWN


def _of_folder(folder: Path) -> frozenset[str]:
    """What a folder of `dialogues_NNN.json` files looks like, by the first dialogue of the first of them."""
    file = min(folder.rglob("dialogues_*.json"), default=None)
    if file is None:
        return _UNKNOWN
    return (_of_row(next(read_list(file), None)) & _SCHEMA_GUIDED) or _SCHEMA_GUIDED


def _first_line(path: str | Path) -> Any:
    """The first line that holds something, parsed; None where it is no whole JSON value."""
    with open_bytes(path) as source:
        for _ in range(1000):
            line = source.readline(_LONGEST_LINE)
            if not line or line.strip():
                break
    try:
        return msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _of_row(row: Any) -> frozenset[str]:
    """What a JSONL row or an array element looks like."""
    if not isinstance(row, dict):
        return _UNKNOWN
    if "conversations" in row:
        return frozenset({"sharegpt"})
    if "contents" in row or "input_text" in row:
        return frozenset({"vertex"})
    if isinstance(row.get("messages"), list):
        return _of_messages([message for message in row["messages"] if isinstance(message, dict)])
    if isinstance(row.get("turns"), dict) and "utterance" in row["turns"]:
        return frozenset({"multiwoz22-hf"})
    if isinstance(row.get("turns"), list) and "dialogue_id" in row:
        return _of_frames([turn for turn in row["turns"] if isinstance(turn, dict)])
    if isinstance(row.get("turns"), list) and "id" in row:
        return frozenset({"duologue"})
    if isinstance(row.get("dialog"), list):
        return _of_support(row["dialog"])
    for name, keys in _BY_KEYS.items():
        if keys <= row.keys():
            return frozenset({name})
    if row.keys() == {"text"} and str(row["text"]).startswith('{"'):
        return frozenset({"esconv", "seeds"})
    if any(isinstance(row.get(name), str) for name in TEXT_COLUMNS):
        return frozenset({"seeds"})
    return _UNKNOWN


def _of_frames(turns: list[dict[str, Any]]) -> frozenset[str]:
    """MultiWOZ 2.2 took its frames from SGD, but left their actions empty and numbered the turns."""
    frames = [frame for turn in turns for frame in turn.get("frames") or () if isinstance(frame, dict)]
    if any(frame.get("actions") for frame in frames):
        return frozenset({"sgd"})
    return frozenset({"multiwoz22"}) if any("turn_id" in turn for turn in turns) else _SCHEMA_GUIDED


def _of_messages(messages: list[dict[str, Any]]) -> frozenset[str]:
    if any("author" in message or message.get("role") == "model" for message in messages):
        return frozenset({"vertex"})
    if any(message.get("role") == "assistant" for message in messages):
        return frozenset({"messages", "openai"})
    return frozenset({"messages", "openai", "vertex"})


def _of_support(dialog: list[Any]) -> frozenset[str]:
    """ESConv has messages; what was made of it by strategy has texts."""
    if dialog and isinstance(dialog[0], dict) and ("content" in dialog[0] or "text" in dialog[0]):
        return frozenset({"esconv"})
    return frozenset({"extended-esc"}) if dialog and isinstance(dialog[0], str) else _UNKNOWN


def _of_first(pair: tuple[str, Any] | None) -> frozenset[str]:
    """What an object looks like, by its first key and value."""
    if pair is None:
        return _UNKNOWN
    key, value = pair
    return _of_support(value) if key == "dialog" and isinstance(value, list) else _of_item(value)


def _of_item(item: Any) -> frozenset[str]:
    """What a value of one big object looks like."""
    if not isinstance(item, dict):
        return _UNKNOWN
    if isinstance(item.get("log"), list):
        turns = [turn for turn in item["log"] if isinstance(turn, dict)]
        marked = "augmented_idx" in item or any("backstory" in turn or "reaction" in turn for turn in turns)
        return frozenset({"multiwoz21", "interference"} if marked else {"multiwoz21"})
    if "turns" in item and "types" in item:
        return frozenset({"fusedchat"})
    if "gen_sit" in item:
        return frozenset({"situations"})
    if "utt_with_backstory" in item:
        return frozenset({"interference-steps"})
    return _UNKNOWN
