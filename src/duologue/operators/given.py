"""Situations and backstories that come from a file rather than from a model.

Both files may be a JSON object by dialogue id or JSONL rows with an `id`; our own `dialogues.jsonl` is one.

Situations: the text; `{"gen_sit": …}` (published); `{"situation": …}`; a dialogue with the fact `situation`. The known
flaws of published ones are mended (`corpora.situations.repaired`).
Backstories: the text; `{"backstory": …, "turn": 4}`; the published `{"utt_with_backstory": …, "rand_idx": 4}` and
`{"augmented_idx": …, "log": …}`; a dialogue with inserted backstories.

    situations = load_situations(Path("vaild.json")); situations["MUL0003"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.corpora.json_stream import read_object
from duologue.corpora.situations import repaired
from duologue.dialogue import read_rows
from duologue.errors import InputError

_HASHES = re.compile(r"(~[0-9a-f]{8})+$")
_TAGGED = re.compile(r"<Backstory: ?([^>]*)>?")
_OF_BACKSTORY = {"backstory", "utt_with_backstory", "turn", "rand_idx", "log", "augmented_idx"}


class GivenBackstory(NamedTuple):
    """A backstory that was given, and the index of the user turn it belongs to, where the file says so."""

    text: str
    turn: int | None = None


def corpus_key(dialogue_id: str) -> str:
    """The id under which files speak of a dialogue: without `.json`, and the parent's for a derived one."""
    return _HASHES.sub("", dialogue_id).removesuffix(".json")


def load_situations(path: Path) -> dict[str, str]:
    """Read the situations of a file, by dialogue id.

    Raises:
        InputError: the file cannot be read, or a situation is not where it should be.
    """
    return {key: _situation(value, f"{path}, {key}") for key, value in _entries(path)}


def load_backstories(path: Path) -> dict[str, list[GivenBackstory]]:
    """Read the backstories of a file, by dialogue id; a dialogue may have one for several turns.

    Raises:
        InputError: the file cannot be read, or a backstory is not where it should be.
    """
    found: dict[str, list[GivenBackstory]] = {}
    for key, value in _entries(path):
        found.setdefault(key, []).extend(_backstories(value, f"{path}, {key}"))
    return found


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    if not path.name.removesuffix(".gz").removesuffix(".zst").endswith(".jsonl"):
        yield from ((corpus_key(key), value) for key, value in read_object(path))
        return
    for number, row in enumerate(read_rows(path, dict), start=1):
        if not isinstance(row.get("id"), str):
            raise InputError("expected a string", where=f"{path}, row {number}, id", mend="give every row an id")
        yield corpus_key(row["id"]), row


def _situation(value: Any, where: str) -> str:
    if isinstance(value, dict):
        value = value.get("gen_sit", value.get("situation", (value.get("facts") or {}).get("situation")))
    if not isinstance(value, str):
        raise InputError(
            "no situation", where=where, mend="give a text, or an object with gen_sit, situation or facts.situation"
        )
    return repaired(value)[0]


def _backstories(value: Any, where: str) -> list[GivenBackstory]:
    try:
        if isinstance(value, str):
            return [GivenBackstory(value.strip())]
        if isinstance(value, dict) and "turns" in value:
            return _inserted(value["turns"])
        if isinstance(value, dict) and "log" in value:
            log = value["log"]
            return [GivenBackstory(turn["backstory"].strip(), i) for i, turn in enumerate(log) if "backstory" in turn]
        if isinstance(value, dict) and _OF_BACKSTORY & value.keys():
            given = msgspec.convert(value, _Given)
            text = given.backstory if given.backstory is not None else _tagged(given.utt_with_backstory)
            return [GivenBackstory(text.strip(), given.turn if given.turn is not None else given.rand_idx)]
    except (msgspec.ValidationError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"no backstory ({error})", where=where, mend="see duologue.operators.given") from None
    raise InputError("no backstory", where=where, mend="give a text, or an object with backstory and turn")


class _Given(msgspec.Struct):
    backstory: str | None = None
    utt_with_backstory: str = ""
    turn: int | None = None
    rand_idx: int | None = None


def _tagged(text: str) -> str:
    found = _TAGGED.search(text)
    if found is None:
        raise KeyError("<Backstory: …>")
    return found.group(1)


def _inserted(turns: list[Any]) -> list[GivenBackstory]:
    return [
        GivenBackstory(insertion["text"].strip(), index)
        for index, turn in enumerate(turns)
        for insertion in turn.get("insertions", [])
        if insertion["kind"] == "backstory"
    ]
