"""Seeds: single messages, each a dialogue of one user turn, in TSV, CSV, JSONL, Parquet or plain text.

The published layout is TSV with the header `tweet_id`, `tweet` (ConvoGen). Other columns and other names of these two
are kept, so that what is read is written back equal.

    for seed in read("seeds.tsv"): print(seed.id, seed.turns[0].text)
    for seed in read("posts.csv.gz", text_column="body", id_column="key"): ...
    for seed in read("headerless.tsv", columns=["tweet_id", "tweet"]): ...
    write("seeds.parquet", read("seeds.txt"))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from duologue.corpora.chat_formats.rows import RawRow, decode_rows
from duologue.corpora.children import native_ids
from duologue.corpora.message_files import MESSAGE, TEXT, read_table, suffix, write_table
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError

NAME = "seeds"
TEXT_COLUMNS = ("tweet", "text", "message", "content", "body")
ID_COLUMNS = ("tweet_id", "id")
PUBLISHED = (ID_COLUMNS[0], TEXT_COLUMNS[0])
"""The columns of seeds that were read from elsewhere."""

_SHOWN = 12


def read(
    path: str | Path,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    columns: Sequence[str] | None = None,
    quoted: bool = True,
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Stream the seeds of a file, whose suffix says what it is (`message_files.suffix`).

    Args:
        path: `.tsv`, `.csv`, `.jsonl`, `.json` (an array), these with `.gz` or `.zst`, `.parquet`, or `.txt`.
        text_column: where the message stands; by default the first of `TEXT_COLUMNS` that is there.
        id_column: where the id stands; by default the first of `ID_COLUMNS` that is there. Without one the id is a
            hash of the message, followed by the line where the same message came before.
        columns: the names of the fields of a TSV or CSV file without a header.
        quoted: whether double quotes mean anything in a TSV or CSV file.
        on_problem: is told of rows without a message, with too few fields or with an id that came before, which are
            left out; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: names the file, the line and the column.
        MissingExtra: Parquet without pyarrow.
    """
    plain = suffix(path) == TEXT
    if plain and (text_column or id_column):
        raise InputError("plain text has no columns", where=str(path), mend="leave out the names of columns")
    table = read_table(path, columns=columns, quoted=quoted)
    if table.columns is not None:
        _choose(table.columns, text_column, id_column, str(path))
    met: set[str] = set()

    def decode(row: RawRow) -> Dialogue:
        if table.columns is not None and row.fields not in (None, len(table.columns)):
            what = f"expected {len(table.columns)} fields ({_listed(table.columns)}), found {row.fields}"
            raise InputError(what, where=row.where, mend="mend the row; fields with separators in them need quotes")
        seed = _seed(row, text_column, id_column, plain, met)
        met.add(seed.id)
        return seed

    yield from decode_rows(path, table.rows, decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write what the user says first in each dialogue, in the file's kind; returns how many.

    Seeds keep their columns; dialogues of other formats get those that were published. Plain text holds no ids.

    Args:
        path: see `read`.
        dialogues: seeds, or any dialogue with a user turn.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.

    Raises:
        InputError: a dialogue without a user turn, or one that a file of this kind cannot hold.
        MissingExtra: Parquet without pyarrow.
    """
    row: Callable[[str, Dialogue], dict[str, Any]] = _line if suffix(path) == TEXT else _row
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    return write_table(path, (row(native_id, dialogue) for native_id, dialogue in pairs), PUBLISHED)


def _seed(row: RawRow, text_column: str | None, id_column: str | None, plain: bool, met: set[str]) -> Dialogue:
    text_name, id_name = _choose(list(row.value), text_column, id_column, row.where)
    text = row.value[text_name]
    if text is not None and not isinstance(text, str):
        what = f"column '{text_name}': expected text, found {type(text).__name__}"
        raise InputError(what, where=row.where, mend="name the column of the message with --text-column")
    if text is None or not text.strip():
        raise InputError("the message is empty", where=row.where, mend="delete the row")
    if id_name is None:
        seed_id = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        seed_id = f"{seed_id}-{row.where.rpartition(' ')[2]}" if seed_id in met else seed_id
    else:
        seed_id = _id(row, id_name)
        if seed_id in met:
            raise InputError(f"the id {seed_id} came before", where=row.where, mend="give every row its own")
    if plain:
        return Dialogue(seed_id, [Turn("user", text)])
    kept = {"text": text_name, "id": id_name, "row": row.value | {text_name: None}}
    return Dialogue(seed_id, [Turn("user", text)], native={NAME: kept})


def _id(row: RawRow, name: str) -> str:
    value = row.value[name]
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        found = "nothing" if value is None or value == "" else repr(value)
        what = f"column '{name}': expected an id (text or a whole number), found {found}"
        raise InputError(what, where=row.where, mend="mend the row, or name another --id-column")
    return str(value)


def _choose(columns: list[str], text_column: str | None, id_column: str | None, where: str) -> tuple[str, str | None]:
    """The columns of the message and of the id; None where there is no id."""
    for name, option in ((text_column, "--text-column"), (id_column, "--id-column")):
        if name is not None and name not in columns:
            raise InputError(f"no column '{name}'; there are {_listed(columns)}", where=where, mend=f"mend {option}")
    text = text_column or next((name for name in TEXT_COLUMNS if name in columns), None)
    if text is None:
        what = f"no column {', '.join(TEXT_COLUMNS)}; there are {_listed(columns)}"
        mend = "name the message's with --text-column, or all of them with --columns where there is no header"
        raise InputError(what, where=where, mend=mend)
    return text, id_column or next((name for name in ID_COLUMNS if name in columns and name != text), None)


def _listed(columns: Sequence[str]) -> str:
    names = [name if len(name) <= 40 else f"{name[:39]}…" for name in columns[:_SHOWN]]
    return ", ".join(names) + (f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "")


def _row(native_id: str, dialogue: Dialogue) -> dict[str, Any]:
    kept = dialogue.native.get(NAME)
    if kept is None:
        return dict(zip(PUBLISHED, (native_id, _message(dialogue)), strict=True))
    row: dict[str, Any] = kept["row"] | {kept["text"]: _message(dialogue)}
    name = kept["id"]
    return row if name is None or str(row[name]) == native_id else row | {name: native_id}


def _line(native_id: str, dialogue: Dialogue) -> dict[str, Any]:
    return {MESSAGE: _message(dialogue)}


def _message(dialogue: Dialogue) -> str:
    for turn in dialogue.turns:
        if turn.speaker == "user":
            return turn.said
    raise InputError("no user turn", where=f"dialogue {dialogue.id}", mend="leave it out")
