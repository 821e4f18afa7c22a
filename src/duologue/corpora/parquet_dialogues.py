"""Dialogues in Parquet: a row each, with columns to look at and to train on, and the whole dialogue beside them.

| column | what |
|---|---|
| `id`, `parent` | the dialogue's, and of the one it was made from |
| `messages` | the trunk as role and content: `user`, `assistant`, `tool`; an instruction first, as `system` |
| a fact's name | of facts that are a text or have a name: `motivation`, `disposition`, `situation` |
| `dialogue` | our JSON, from which it is read again with everything it holds |

    write("talk.parquet", read("dialogues.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.parquet import read_parquet, write_parquet
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue
from duologue.errors import InputError

_PEEKED = 4096
_ROLES = {"user": "user", "system": "assistant", "tool": "tool"}
_COLUMNS = ("id", "parent", "messages", "dialogue")


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues; a row that does not hold one always stops (`on_problem` is never told).

    Raises:
        InputError: no Parquet file, or one without our column; names the row.
        MissingExtra: pyarrow is not installed.
    """
    for number, row in enumerate(read_parquet(path), 1):
        try:
            yield msgspec.json.decode(row["dialogue"], type=Dialogue)
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            what = "no column 'dialogue'" if isinstance(error, KeyError) else f"column 'dialogue': {error}"
            raise InputError(what, where=f"{path}, row {number}", mend="give a file that Duologue wrote") from None


def write(path: str | Path, dialogues: Iterable[Dialogue]) -> int:
    """Write dialogues and return how many; facts get columns when they are among those of the first 4,096.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        from duologue.errors import MissingExtra

        raise MissingExtra("data", "writing Parquet") from None
    source = iter(dialogues)
    first = list(islice(source, _PEEKED))
    named = sorted({name for each in first for name in _named_facts(each) if name not in _COLUMNS})
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    columns = [("id", pa.string()), ("parent", pa.string()), ("messages", pa.list_(message))]
    columns += [(name, pa.string()) for name in named]
    schema = pa.schema([*columns, ("dialogue", pa.string())])
    return write_parquet(path, (_row(each, named) for each in chain(first, source)), schema)


def _row(dialogue: Dialogue, named: list[str]) -> dict[str, Any]:
    messages = [{"role": _ROLES[turn.speaker], "content": turn.said} for turn in dialogue.turns]
    if dialogue.instruction is not None:
        messages.insert(0, {"role": "system", "content": dialogue.instruction})
    facts = _named_facts(dialogue)
    return {
        "id": dialogue.id,
        "parent": dialogue.origin.parent if dialogue.origin is not None else None,
        "messages": messages,
        **{name: facts.get(name) for name in named},
        "dialogue": msgspec.json.encode(dialogue).decode(),
    }


def _named_facts(dialogue: Dialogue) -> dict[str, str]:
    """Facts that are a text, or have a name."""
    found = {}
    for key, fact in dialogue.facts.items():
        value = fact.get("name") if isinstance(fact, dict) else fact
        if isinstance(value, str):
            found[key] = value
    return found
