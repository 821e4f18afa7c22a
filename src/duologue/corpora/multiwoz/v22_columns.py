"""One row of MultiWOZ 2.2 in Hugging Face columns <-> one native 2.2 dialogue with its acts.

A list of objects is stored as an object of parallel lists (`turns["utterance"][3]`), speakers as 0 (user) and 1
(system). Some conversions keep lists of objects, or speakers by name: both are read. The published loader writes each
frame's spans with start and end exchanged; they are put right.

    native_of(row).dialogue["turns"][0]["utterance"]
    columns_of(native)["turns"]["utterance"][0]
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.multiwoz.v22_codec import Native

_SPEAKERS = ("USER", "SYSTEM")
_TURN = ("turn_id", "speaker", "utterance", "frames", "dialogue_acts")
_FRAME = ("service", "state", "slots")
_SLOT = ("slot", "value", "start", "exclusive_end", "copy_from", "copy_from_value")
_VALUES = ("slots_values_name", "slots_values_list")
_ACT = ("act_type", "act_slots")
_PAIR = ("slot_name", "slot_value")
_SPAN = ("act_type", "act_slot_name", "act_slot_value", "span_start", "span_end")


class ColumnError(Exception):
    """Columns that are not laid out as expected: `where` in the row, and what."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        super().__init__(f"{where}: {what}")


def native_of(row: dict[str, Any]) -> Native:
    """The native dialogue that a row holds.

    Raises:
        ColumnError: the row is not laid out as `multi_woz_v22`'s.
    """
    turns: list[dict[str, Any]] = []
    acts: dict[str, Any] = {}
    for index, turn in enumerate(_objects(row.get("turns"), _TURN, "turns")):
        where = f"turns[{index}]"
        speaker = turn.get("speaker")
        turn_id = str(turn.get("turn_id", index))
        frames = _objects(turn.get("frames"), _FRAME, f"{where}.frames")
        turns.append(
            {
                "turn_id": turn_id,
                "speaker": _SPEAKERS[speaker] if speaker in (0, 1) else speaker,
                "utterance": turn.get("utterance"),
                "frames": [_frame(frame, f"{where}.frames") for frame in frames],
            }
        )
        entry = _acts(turn.get("dialogue_acts"), f"{where}.dialogue_acts")
        if entry is not None:
            acts[turn_id] = entry
    native: dict[str, Any] = {"dialogue_id": row.get("dialogue_id"), "turns": turns}
    if "services" in row:
        native["services"] = row["services"]
    known = ("dialogue_id", "services", "turns")
    native |= {name: value for name, value in row.items() if name not in known}
    return Native(native, acts or None)


def is_exchanged(row: dict[str, Any]) -> bool:
    """Whether a row's frames have spans that start after their end, as the published loader writes them."""
    return any(
        slot.get("start", -1) > slot.get("exclusive_end", -1)
        for turn in _objects(row.get("turns"), _TURN, "turns")
        for frame in _objects(turn.get("frames"), _FRAME, "frames")
        for slot in _objects(frame.get("slots"), _SLOT, "slots")
    )


def columns_of(native: Native, *, exchanged: bool = False) -> dict[str, Any]:
    """The row that holds a native dialogue.

    Args:
        native: the dialogue.
        exchanged: write the ends of the frames' spans into `start`, as the published loader does.
    """
    acts = native.acts or {}
    turns = [
        {
            "turn_id": turn["turn_id"],
            "speaker": _SPEAKERS.index(turn["speaker"]),
            "utterance": turn["utterance"],
            "frames": _columns([_frame_columns(frame, exchanged) for frame in turn["frames"]], _FRAME),
            "dialogue_acts": _acts_columns(acts.get(turn["turn_id"], {})),
        }
        for turn in native.dialogue["turns"]
    ]
    return {**native.dialogue, "turns": _columns(turns, _TURN)}


def _frame(frame: dict[str, Any], where: str) -> dict[str, Any]:
    native: dict[str, Any] = {
        "service": frame.get("service"),
        "actions": [],
        "slots": [_slot(slot) for slot in _objects(frame.get("slots"), _SLOT, f"{where}.slots")],
    }
    state = frame.get("state") or {}
    if not isinstance(state, dict):
        raise ColumnError(f"{where}.state", f"expected an object, found {type(state).__name__}")
    values = _objects(state.get("slots_values"), _VALUES, f"{where}.state.slots_values")
    requested = list(state.get("requested_slots") or [])
    if not all(isinstance(pair.get("slots_values_name"), str) for pair in values):
        raise ColumnError(f"{where}.state.slots_values", "expected slots by name")
    if state.get("active_intent") or values or requested:
        native["state"] = {
            "active_intent": state.get("active_intent", ""),
            "requested_slots": requested,
            "slot_values": {pair["slots_values_name"]: list(pair["slots_values_list"]) for pair in values},
        }
    return native


def _frame_columns(frame: dict[str, Any], exchanged: bool) -> dict[str, Any]:
    state = frame.get("state") or {}
    pairs = state.get("slot_values", {})
    start, end = ("exclusive_end", "start") if exchanged else ("start", "exclusive_end")
    slots = [
        {
            "slot": slot["slot"],
            "value": "" if "copy_from" in slot else slot["value"],
            "start": slot.get(start, -1),
            "exclusive_end": slot.get(end, -1),
            "copy_from": slot.get("copy_from", ""),
            "copy_from_value": slot["value"] if "copy_from" in slot else [],
        }
        for slot in frame.get("slots", [])
    ]
    return {
        "service": frame["service"],
        "state": {
            "active_intent": state.get("active_intent", ""),
            "requested_slots": state.get("requested_slots", []),
            "slots_values": {"slots_values_name": list(pairs), "slots_values_list": list(pairs.values())},
        },
        "slots": _columns(slots, _SLOT),
    }


def _slot(slot: dict[str, Any]) -> dict[str, Any]:
    if slot.get("copy_from"):
        return {
            "slot": slot.get("slot"),
            "copy_from": slot["copy_from"],
            "value": list(slot.get("copy_from_value") or []),
        }
    start, end = slot.get("start", -1), slot.get("exclusive_end", -1)
    start, end = (end, start) if start > end else (start, end)
    return {"slot": slot.get("slot"), "start": start, "exclusive_end": end, "value": slot.get("value")}


def _acts(columns: Any, where: str) -> dict[str, Any] | None:
    """A turn's acts; None where it has none."""
    if columns is None:
        return None
    if not isinstance(columns, dict):
        raise ColumnError(where, f"expected an object, found {type(columns).__name__}")
    acts: dict[str, Any] = {}
    for act in _objects(columns.get("dialog_act"), _ACT, f"{where}.dialog_act"):
        pairs = _objects(act.get("act_slots"), _PAIR, f"{where}.dialog_act.act_slots")
        acts[str(act.get("act_type"))] = [[pair.get("slot_name"), pair.get("slot_value")] for pair in pairs]
    spans = [
        [span.get(name) for name in _SPAN] for span in _objects(columns.get("span_info"), _SPAN, f"{where}.span_info")
    ]
    return {"dialog_act": acts, "span_info": spans} if acts or spans else None


def _acts_columns(entry: dict[str, Any]) -> dict[str, Any]:
    acts = entry.get("dialog_act", entry.get("dialogue_acts")) or {}
    return {
        "dialog_act": {
            "act_type": list(acts),
            "act_slots": [
                {"slot_name": [slot for slot, _ in pairs], "slot_value": [value for _, value in pairs]}
                for pairs in acts.values()
            ],
        },
        "span_info": _columns([dict(zip(_SPAN, span, strict=True)) for span in entry.get("span_info", [])], _SPAN),
    }


def _objects(columns: Any, names: tuple[str, ...], where: str) -> list[dict[str, Any]]:
    """Parallel lists (or a list of objects already) as a list of objects."""
    if columns is None:
        return []
    if isinstance(columns, list):
        if not all(isinstance(item, dict) for item in columns):
            raise ColumnError(where, "expected objects in the list")
        return columns
    if not isinstance(columns, dict):
        raise ColumnError(where, f"expected parallel lists, found {type(columns).__name__}")
    present = [name for name in names if name in columns]
    lists = [columns[name] for name in present]
    if not all(isinstance(values, list) for values in lists) or len({len(values) for values in lists}) > 1:
        raise ColumnError(where, f"expected lists of equal length for {', '.join(present)}")
    return [dict(zip(present, values, strict=True)) for values in zip(*lists, strict=True)]


def _columns(objects: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: [item[name] for item in objects] for name in names}
