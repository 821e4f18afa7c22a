"""MultiWOZ 2.2 in Hugging Face columns (`multi_woz_v22`): JSON lines, a JSON list, or Parquet.

The rows of `load_dataset(...).to_json(...)` and of the hub's Parquet conversion. Parquet needs the extra `data`
(pyarrow). One row is one dialogue; `multiwoz22_columns` has the layout.

    for dialogue in read("validation.parquet"): ...
    write("copy.jsonl", read("validation.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import first_byte, read_list, write_list
from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz.v22_codec import Native
from duologue.corpora.multiwoz.v22_codec import dialogue_from_native as decode22
from duologue.corpora.multiwoz.v22_codec import dialogue_to_native as encode22
from duologue.corpora.multiwoz.v22_columns import ColumnError, columns_of, is_exchanged, native_of
from duologue.corpora.parquet import read_parquet, write_parquet
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, read_rows, write_rows
from duologue.errors import MissingExtra

FORMAT = "multiwoz22-hf"
"""The name of the format, and its key in `native`."""


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a file of rows.

    Args:
        path: `.parquet`, JSON lines, or a JSON list of rows.
        on_problem: what to do with odd dialogues; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: the file cannot be used, or (without `on_problem`) a dialogue is odd.
        MissingExtra: Parquet without pyarrow.
    """
    natives = ((f"row {number}", row) for number, row in enumerate(rows(path)))
    yield from decoded(path, natives, dialogue_from_row, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write dialogues as rows: Parquet, a JSON list (`.json`), or JSON lines (anything else). Returns how many.

    Args:
        path: the file; it appears when it is whole.
        dialogues: by user and system only.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.
    """
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    natives = (row_of(dialogue, native_id) for native_id, dialogue in pairs)
    if str(path).endswith(".parquet"):
        return _write_parquet(path, natives)
    if str(path).endswith(".json"):
        return write_list(path, natives)
    return write_rows(path, natives)


def dialogue_from_row(place: str, row: Any, on_problem: OnProblem) -> Dialogue:
    """Make a dialogue of one row; `place` names it where it has no id.

    Raises:
        UnreadableDialogue: it is not laid out as `multi_woz_v22`'s rows.
    """
    if not isinstance(row, dict) or not isinstance(row.get("dialogue_id"), str):
        raise UnreadableDialogue(place, "dialogue_id", "expected a row with a dialogue_id")
    try:
        native = native_of(row)
    except ColumnError as error:
        raise UnreadableDialogue(row["dialogue_id"].removesuffix(".json"), error.where, error.what) from None
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableDialogue(
            row["dialogue_id"].removesuffix(".json"), "turns", f"not in the columns of multi_woz_v22 ({error!r})"
        ) from None
    dialogue = decode22(native, on_problem)
    kept: dict[str, Any] = {"exchanged": True} if is_exchanged(row) else {}
    rendered = columns_of(encode22(dialogue), exchanged=bool(kept))
    if rendered != row:
        kept["row"] = patch_between(rendered, row)
    if kept:
        dialogue.native[FORMAT] = kept
    return dialogue


def row_of(dialogue: Dialogue, native_id: str | None = None) -> dict[str, Any]:
    """The row that holds a dialogue; `native_id` (without `.json`) replaces its id."""
    kept: dict[str, Any] = dialogue.native.get(FORMAT, {})
    row = columns_of(encode22(dialogue, native_id), exchanged=kept.get("exchanged", False))
    patch = kept.get("row")
    if not patch:
        return row
    candidate = patched(row, patch) | {"dialogue_id": row["dialogue_id"]}
    return candidate if _holds(candidate, native_of(row)) else row


def _holds(row: dict[str, Any], native: Native) -> bool:
    """Whether a row that was patched still holds this dialogue."""
    try:
        return native_of(row) == native
    except (ColumnError, KeyError, TypeError, ValueError, IndexError):
        return False


def rows(path: str | Path) -> Iterator[Any]:
    """Stream the rows of a file as they are."""
    if str(path).endswith(".parquet"):
        yield from read_parquet(path)
    elif first_byte(path) == b"[":
        yield from read_list(path)
    else:
        yield from read_rows(path, dict)


def _write_parquet(path: str | Path, rows: Iterable[dict[str, Any]]) -> int:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra("data", "writing Parquet") from None
    schema = _arrow_schema(pyarrow)
    # What a native file has besides (`filename`) is no column of the published layout.
    published = ({name: row.get(name) for name in schema.names} for row in rows)
    return write_parquet(path, published, schema)


def _arrow_schema(pa: Any) -> Any:
    """The columns of `multi_woz_v22`."""
    text, texts, number = pa.string(), pa.list_(pa.string()), pa.list_(pa.int32())
    values = pa.struct({"slots_values_name": texts, "slots_values_list": pa.list_(texts)})
    state = pa.struct({"active_intent": text, "requested_slots": texts, "slots_values": values})
    slots = pa.struct(
        {
            "slot": texts,
            "value": texts,
            "start": number,
            "exclusive_end": number,
            "copy_from": texts,
            "copy_from_value": pa.list_(texts),
        }
    )
    frames = pa.struct({"service": texts, "state": pa.list_(state), "slots": pa.list_(slots)})
    pairs = pa.struct({"slot_name": texts, "slot_value": texts})
    spans = pa.struct(
        {
            "act_type": texts,
            "act_slot_name": texts,
            "act_slot_value": texts,
            "span_start": number,
            "span_end": number,
        }
    )
    acts = pa.struct({"dialog_act": pa.struct({"act_type": texts, "act_slots": pa.list_(pairs)}), "span_info": spans})
    turns = pa.struct(
        {
            "turn_id": texts,
            "speaker": pa.list_(pa.int64()),
            "utterance": texts,
            "frames": pa.list_(frames),
            "dialogue_acts": pa.list_(acts),
        }
    )
    return pa.schema({"dialogue_id": text, "services": texts, "turns": turns})


__all__ = ["FORMAT", "dialogue_from_row", "read", "row_of", "rows", "write"]
