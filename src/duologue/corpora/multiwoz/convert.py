"""MultiWOZ 2.2 in the layout of 2.1: what is elsewhere called `MultiWOZ_2.2.json` (spec §1.3).

With 2.1's `data.json`, goals and bookings come from there; texts, acts, spans and states from 2.2. Without it the same
structure is built from 2.2 alone: no goals, no bookings, and metadata for every domain and slot that 2.1 has.

    convert("MultiWOZ_2.2", "MultiWOZ_2.2.json", multiwoz21_path="data.json")
    convert("validation.parquet", "validation.json")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.dialogue_files import dialogue_files
from duologue.corpora.json_stream import first_byte, read_list, read_object
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz import v22 as multiwoz22
from duologue.corpora.multiwoz import v22_hf as multiwoz22_hf
from duologue.corpora.multiwoz.layout import CONVERTED
from duologue.corpora.multiwoz.slots import BOOKED_UNTRACKED
from duologue.corpora.multiwoz.v22_columns import native_of
from duologue.corpora.multiwoz.v22_frames import FrameError, slot_values_of
from duologue.corpora.problems import OnProblem, stop_at
from duologue.dialogue import Problem, writing
from duologue.errors import InputError

_encode = msgspec.json.Encoder(order="sorted").encode


class Corrected(msgspec.Struct):
    """What 2.2 says of one dialogue: per turn its text and slot values, and acts by turn id."""

    texts: list[str]
    values: list[dict[str, list[str]]]
    acts: dict[str, Any]


def convert(
    multiwoz22_path: str | Path,
    out: str | Path,
    *,
    multiwoz21_path: str | Path | None = None,
    on_problem: OnProblem | None = None,
) -> int:
    """Write MultiWOZ 2.2 as one JSON object in the layout of 2.1: sorted keys, indent 2.

    Args:
        multiwoz22_path: a 2.2 folder or file, or a file of Hugging Face rows (`.parquet`, `.jsonl`, `.json`).
        out: the file to write.
        multiwoz21_path: 2.1's `data.json`; only its dialogues are written. None: every dialogue of 2.2.
        on_problem: told of dialogues that are left out; None stops at the first.

    Returns:
        The number of dialogues written.
    """
    if multiwoz21_path is not None:
        pairs: Iterator[tuple[str, Any]] = joined(multiwoz21_path, multiwoz22_path, on_problem=on_problem)
    else:
        reader = multiwoz22_hf.read if _has_columns(multiwoz22_path) else multiwoz22.read
        pairs = (
            (dialogue.id + CONVERTED.suffix, multiwoz21.dialogue_to_native(dialogue, CONVERTED))
            for dialogue in reader(multiwoz22_path, on_problem=on_problem)
        )
    # Sorted keys mean that all must be known before the first is written: kept as JSON, a tenth of the objects' size.
    dialogues = {key: _encode(native) for key, native in pairs}
    count = len(dialogues)
    with writing(out) as file:
        file.write(b"{")
        for number, key in enumerate(sorted(dialogues)):
            whole = b"{" + _encode(key) + b":" + dialogues.pop(key) + b"}"
            file.write((b"," if number else b"") + msgspec.json.format(whole, indent=2)[1:-2])
        file.write(b"\n}\n")
    return count


def joined(
    multiwoz21_path: str | Path, multiwoz22_path: str | Path, *, on_problem: OnProblem | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream the dialogues of 2.1 with the texts, acts, spans and states of 2.2.

    A dialogue that 2.2 lacks (SNG01862) is left out and told of, and so is one whose turns do not match.
    """
    tell = on_problem or stop_at(multiwoz21_path)
    known = {key: msgspec.json.encode(corrected) for key, corrected in corrections(multiwoz22_path)}
    decoder = msgspec.json.Decoder(Corrected)
    for key, native in read_object(multiwoz21_path):
        dialogue_id = key.removesuffix(".json")
        packed = known.get(dialogue_id)
        if packed is None:
            tell(Problem(dialogue_id, "dialogue", "is not in MultiWOZ 2.2; left out"))
            continue
        corrected = decoder.decode(packed)
        log = native.get("log") if isinstance(native, dict) else None
        if not isinstance(log, list) or len(log) != len(corrected.texts):
            turns = len(log) if isinstance(log, list) else "no"
            tell(Problem(dialogue_id, "log", f"has {turns} turns, {len(corrected.texts)} in MultiWOZ 2.2; left out"))
            continue
        yield key, {**native, "log": [corrected_turn(turn, index, corrected) for index, turn in enumerate(log)]}


def corrected_turn(turn: dict[str, Any], index: int, corrected: Corrected) -> dict[str, Any]:
    """One turn of 2.1 with what 2.2 says of it."""
    entry = corrected.acts.get(str(index), {})
    metadata = turn.get("metadata") or {}
    if index % 2:
        values = corrected.values[index - 1]
        metadata = {domain: corrected_domain(domain, filled, values) for domain, filled in metadata.items()}
    return {
        **turn,
        "text": corrected.texts[index],
        "metadata": metadata,
        "dialog_act": entry.get("dialog_act", entry.get("dialogue_acts", {})),
        "span_info": entry.get("span_info", []),
    }


def corrected_domain(domain: str, metadata: dict[str, Any], values: dict[str, list[str]]) -> dict[str, Any]:
    """A domain's metadata with 2.2's values: every slot a list, `[]` where 2.2 has none.

    Slots of `book`, and of the bookings in it, are `book<slot>` in 2.2, but for `name` and `department`. What 2.2 does
    not track (references, telephone numbers, train ids) stays as it is.
    """
    untracked = BOOKED_UNTRACKED.get(domain, frozenset())

    def booked(slot: str) -> list[str]:
        name = slot if slot in ("name", "department") else f"book{slot}"
        return values.get(f"{domain}-{name}".lower(), [])

    def kept(slot: str) -> bool:
        return slot.lower() in untracked

    book: dict[str, Any] = {}
    for slot, value in metadata.get("book", {}).items():
        if isinstance(value, list):
            book[slot] = [
                {name: entry[name] if kept(name) else booked(name) for name in entry}
                if isinstance(entry, dict)
                else entry
                for entry in value
            ]
        else:
            book[slot] = booked(slot) if isinstance(value, str) and not kept(slot) else value
    semi = {slot: values.get(f"{domain}-{slot}".lower(), []) for slot in metadata.get("semi", {})}
    return {**metadata, "book": book, "semi": semi}


def corrections(path: str | Path) -> Iterator[tuple[str, Corrected]]:
    """Stream what 2.2 (a folder, a file, or Hugging Face rows) says, by dialogue id without `.json`.

    Raises:
        InputError: a dialogue is not laid out as in 2.2.
    """
    for dialogue, acts in _natives(path):
        try:
            key: str = dialogue["dialogue_id"]
            corrected = Corrected(
                [turn["utterance"] for turn in dialogue["turns"]],
                [slot_values_of(turn["frames"]) for turn in dialogue["turns"]],
                acts or {},
            )
        except (KeyError, TypeError, FrameError) as error:
            name = dialogue.get("dialogue_id", "?") if isinstance(dialogue, dict) else "?"
            raise InputError(
                f"is not laid out as in MultiWOZ 2.2 ({error!r})",
                where=f"{path}, dialogue {name}",
                mend="check the file",
            ) from None
        yield key.removesuffix(".json"), corrected


def _natives(path: str | Path) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    if _has_columns(path):
        for row in multiwoz22_hf.rows(path):
            yield native_of(row)
        return
    acts = multiwoz22.read_acts(Path(path))
    for file in dialogue_files(Path(path), multiwoz22.CORPUS):
        for dialogue in read_list(file):
            entry = acts.get(dialogue["dialogue_id"])
            yield dialogue, msgspec.json.decode(entry) if entry else None


def _has_columns(path: str | Path) -> bool:
    """Whether a path holds Hugging Face rows rather than 2.2's own files."""
    if Path(path).is_dir():
        return False
    if str(path).endswith(".parquet") or first_byte(path) == b"{":
        return True
    first: Any = next(read_list(path), None)
    return isinstance(first, dict) and isinstance(first.get("turns"), dict)
