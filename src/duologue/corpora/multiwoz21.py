"""MultiWOZ 2.1: one JSON object of `{goal, log}` by dialogue id; read and written as a stream.

Reads the published `data.json`, ConvLab's tokenised copy, and the 2.1 layout converted from 2.2 (`multiwoz_layout`);
each is written back as it was. A dialogue's state lies on its user turns: 2.1 keeps it in the metadata of the system
turn that follows. Insertions are written as part of the text (the interference format keeps them apart).

    for dialogue in read("val.json"): print(dialogue.id, dialogue.turns[0].state)
    write("copy.json", read("val.json"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_object, write_object
from duologue.corpora.multiwoz_acts import act_name, acts_of, native_acts
from duologue.corpora.multiwoz_goal import goal_of, goal_patch, native_goal
from duologue.corpora.multiwoz_layout import PUBLISHED, Layout
from duologue.corpora.multiwoz_metadata import MetadataCodec, MetadataError
from duologue.corpora.multiwoz_slots import ACT_DOMAINS, DOMAINS
from duologue.corpora.multiwoz_spans import is_span, native_spans, reading_of, spans_of
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Act, Dialogue, Problem, Span, Turn
from duologue.errors import InputError

FORMAT = "multiwoz21"
"""The name of the format, and its key in `native`."""

_TURN_KEYS = ("text", "metadata", "dialog_act", "span_info")
_STATE_DOMAINS = frozenset(DOMAINS)


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a MultiWOZ 2.1 file.

    Args:
        path: plain, `.gz` or `.zst`, local or on any fsspec file system.
        on_problem: what to do with odd dialogues; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: the file cannot be used, or (without `on_problem`) a dialogue in it is odd.
    """
    yield from decoded(path, read_object(path), dialogue_from_native, on_problem)


def write(
    path: str | Path,
    dialogues: Iterable[Dialogue],
    *,
    draw: int | None = None,
    suffix_ids: bool = False,
    layout: Layout | None = None,
) -> int:
    """Write dialogues as one MultiWOZ 2.1 file and return how many.

    Args:
        path: plain, `.gz` or `.zst`; it appears when it is whole.
        dialogues: from any corpus whose turns alternate between user and system.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.
        layout: write all dialogues in this layout; None writes each as it was read (published 2.1 otherwise).

    Raises:
        InputError: two dialogues have one native id, or a dialogue does not fit the format.
    """

    def pairs() -> Iterator[tuple[str, Any]]:
        for native_id, dialogue in native_ids(dialogues, draw=draw, suffix_ids=suffix_ids):
            chosen = layout or layout_of(dialogue)
            yield native_id + chosen.suffix, dialogue_to_native(dialogue, chosen)

    return write_object(path, pairs())


def dialogue_from_native(key: str, native: Any, on_problem: OnProblem | None = None) -> Dialogue:
    """Make a dialogue of `{goal, log}`.

    Args:
        key: its id, with or without `.json`.
        native: as parsed from JSON; it is not changed.
        on_problem: told of what is odd; None raises an `InputError` instead.

    Raises:
        UnreadableDialogue: it is not laid out as a MultiWOZ 2.1 dialogue.
    """
    dialogue_id = key.removesuffix(".json")
    return _Reader(dialogue_id, key[len(dialogue_id) :], on_problem or _stop).dialogue(native)


def dialogue_to_native(dialogue: Dialogue, layout: Layout | None = None) -> dict[str, Any]:
    """Make `{goal, log}` of a dialogue's trunk, in its own layout or in another one.

    Raises:
        InputError: its turns do not alternate between user and system.
    """
    own = layout_of(dialogue)
    chosen = layout or own
    kept: dict[str, Any] = dialogue.native.get(FORMAT, {})
    native: dict[str, Any] = {}
    if dialogue.goal is not None:
        native["goal"] = native_goal(dialogue.goal, kept.get("goal"))
    elif "goal" not in kept.get("missing", ()):
        native["goal"] = {}
    codec = MetadataCodec(chosen.values == "lists")
    same_values = chosen.values == own.values
    same_names = (chosen.names, chosen.spans) == (own.names, own.spans)
    log = []
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker != ("user", "system")[index % 2]:
            raise InputError(
                f"turn {index} is by the {turn.speaker}; in MultiWOZ 2.1 user and system take turns, the user first",
                where=f"dialogue {dialogue.id}",
                mend="write another format",
            )
        before = dialogue.turns[index - 1] if index % 2 else None
        log.append(_native_turn(turn, before, codec, chosen, same_values, same_names))
    native["log"] = log
    native.update(kept.get("extra", {}))
    return native


def layout_of(dialogue: Dialogue) -> Layout:
    """The layout a dialogue was read in; the published one where it comes from elsewhere."""
    kept = dialogue.native.get(FORMAT, {}).get("layout")
    return msgspec.convert(kept, Layout) if kept else PUBLISHED


def _native_turn(
    turn: Turn, before: Turn | None, codec: MetadataCodec, layout: Layout, same_values: bool, same_names: bool
) -> dict[str, Any]:
    kept: dict[str, Any] = turn.native.get(FORMAT, {})
    missing = kept.get("missing", ())
    canonical = layout.names == "canonical"
    native: dict[str, Any] = {"text": turn.said}

    patch = kept.get("metadata", {}) if same_values else {}
    if before is None:
        metadata = patch
    elif before.state is None and not turn.booked:
        metadata = {}
    else:
        metadata = codec.write(before.state or {}, turn.booked, patch)
    if metadata or "metadata" not in missing:
        native["metadata"] = metadata

    raw_acts = kept.get("dialog_act")
    if same_names and raw_acts is not None and _acts_or_none(raw_acts) == turn.acts:
        native["dialog_act"] = raw_acts
    elif turn.acts or "dialog_act" not in missing:
        native["dialog_act"] = native_acts(turn.acts, canonical_names=canonical)

    raw_spans = kept.get("span_info")
    shift = _shift(turn)
    if same_names and raw_spans is not None and not shift and _spans_or_none(turn, raw_spans, layout) == turn.spans:
        native["span_info"] = raw_spans
    elif turn.spans or "span_info" not in missing:
        native["span_info"] = native_spans(turn.said, turn.spans, layout.spans, canonical_names=canonical, shift=shift)
    native.update(kept.get("extra", {}))
    return native


def _shift(turn: Turn) -> int:
    """How many characters of what is said stand before the turn's own text."""
    after = sum(len(insertion.text) + 1 for insertion in turn.insertions if insertion.where == "after")
    return len(turn.said) - len(turn.text) - after if turn.insertions else 0


def _acts_or_none(raw: Any) -> list[Act] | None:
    try:
        return acts_of(raw)
    except TypeError:
        return None


def _spans_or_none(turn: Turn, raw: Any, layout: Layout) -> list[Span]:
    try:
        return spans_of(turn.text, raw, layout.spans)[0] if isinstance(raw, list) else []
    except TypeError:
        return []


def _stop(problem: Problem) -> None:
    raise UnreadableDialogue(problem.dialogue, problem.where, problem.what)


class _Reader:
    """Reads one native dialogue; what is odd is told once for each domain and place."""

    def __init__(self, dialogue_id: str, suffix: str, on_problem: OnProblem) -> None:
        self._id = dialogue_id
        self._suffix = suffix
        self._tell = on_problem
        self._unknown: set[str] = set()

    def dialogue(self, native: Any) -> Dialogue:
        if not isinstance(native, dict):
            raise UnreadableDialogue(self._id, "dialogue", f"expected an object, found {type(native).__name__}")
        log = native.get("log")
        if not isinstance(log, list):
            found = "nothing" if log is None else type(log).__name__
            raise UnreadableDialogue(self._id, "log", f"expected a list of turns, found {found}")
        for index, turn in enumerate(log):
            if not isinstance(turn, dict):
                raise UnreadableDialogue(self._id, f"turn {index}", f"expected an object, found {type(turn).__name__}")
            if not isinstance(turn.get("text"), str):
                found = type(turn["text"]).__name__ if "text" in turn else "nothing"
                raise UnreadableDialogue(self._id, f"turn {index}, text", f"expected text, found {found}")
        if not log:
            self._say("log", "there are no turns")
        elif len(log) % 2:
            self._say("log", f"the number of turns ({len(log)}) is odd: no system turn answers the last user turn")
        layout = self._layout(log)
        dialogue = Dialogue(self._id, self._turns(log, layout))
        kept: dict[str, Any] = {}
        if layout != PUBLISHED:
            kept["layout"] = layout.to_native()
        self._read_goal(native, dialogue, kept)
        extra = {key: value for key, value in native.items() if key not in ("goal", "log")}
        if extra:
            kept["extra"] = extra
        if kept:
            dialogue.native[FORMAT] = kept
        return dialogue

    def _say(self, where: str, what: str) -> None:
        self._tell(Problem(self._id, where, what))

    def _layout(self, log: list[dict[str, Any]]) -> Layout:
        lists = False
        for turn in log[1::2]:
            metadata = turn.get("metadata")
            values = _some_values(metadata) if isinstance(metadata, dict) else []
            if values:
                lists = isinstance(values[0], list)
                break
        names = "canonical" if lists else "short"
        for turn in log:
            slot = _some_act_slot(turn.get("dialog_act"))
            if slot is not None:
                names = "canonical" if slot.islower() else "short"
                break
        annotated = [(turn["text"], turn["span_info"]) for turn in log if turn.get("span_info")]
        well_formed = [
            (text, [span for span in spans if is_span(span)]) for text, spans in annotated if isinstance(spans, list)
        ]
        return Layout(
            suffix=self._suffix,
            values="lists" if lists else "text",
            spans=reading_of(well_formed, "characters" if lists else "tokens"),
            names="canonical" if names == "canonical" else "short",
        )

    def _turns(self, log: list[dict[str, Any]], layout: Layout) -> list[Turn]:
        turns: list[Turn] = []
        codec = MetadataCodec(layout.values == "lists")
        for index, native in enumerate(log):
            turn = Turn("system" if index % 2 else "user", native["text"])
            kept: dict[str, Any] = {}
            if not turn.text.strip():
                self._say(f"turn {index}, text", "is empty")
            self._read_metadata(index, native, turn, turns, codec, kept)
            self._read_acts(index, native, turn, layout, kept)
            self._read_spans(index, native, turn, layout, kept)
            missing = [key for key in _TURN_KEYS if key not in native]
            if missing:
                kept["missing"] = missing
            if len(native) + len(missing) > len(_TURN_KEYS):
                kept["extra"] = {key: value for key, value in native.items() if key not in _TURN_KEYS}
            if kept:
                turn.native[FORMAT] = kept
            turns.append(turn)
        return turns

    def _read_metadata(
        self,
        index: int,
        native: dict[str, Any],
        turn: Turn,
        before: list[Turn],
        codec: MetadataCodec,
        kept: dict[str, Any],
    ) -> None:
        metadata = native.get("metadata")
        if not metadata and ("metadata" not in native or metadata == {}):
            return
        if not isinstance(metadata, dict):
            found = type(metadata).__name__
            raise UnreadableDialogue(self._id, f"turn {index}, metadata", f"expected an object, found {found}")
        if turn.speaker == "user":
            kept["metadata"] = metadata
            return
        try:
            before[-1].state, turn.booked, patch = codec.read(metadata)
        except MetadataError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, metadata.{error.where}", error.what) from None
        for domain in metadata.keys() - _STATE_DOMAINS:
            self._unknown_domain(domain, f"turn {index}, metadata")
        if patch:
            kept["metadata"] = patch

    def _read_acts(self, index: int, native: dict[str, Any], turn: Turn, layout: Layout, kept: dict[str, Any]) -> None:
        raw = native.get("dialog_act")
        try:
            turn.acts = acts_of(raw)
        except TypeError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, dialog_act", str(error)) from None
        if turn.acts is not None:
            for name in raw or ():
                domain = act_name(name)[0]
                if domain not in ACT_DOMAINS:
                    self._unknown_domain(domain, f"turn {index}, dialog_act {name}")
        if "dialog_act" in native and raw != native_acts(turn.acts, canonical_names=layout.names == "canonical"):
            kept["dialog_act"] = raw

    def _read_spans(self, index: int, native: dict[str, Any], turn: Turn, layout: Layout, kept: dict[str, Any]) -> None:
        raw = native.get("span_info")
        if not raw:
            if "span_info" in native and raw != []:
                kept["span_info"] = raw
            return
        if not isinstance(raw, list):
            found = type(raw).__name__
            raise UnreadableDialogue(self._id, f"turn {index}, span_info", f"expected a list, found {found}")
        try:
            turn.spans, outside = spans_of(turn.text, raw, layout.spans)
        except TypeError as error:
            raise UnreadableDialogue(self._id, f"turn {index}, span_info{error}", "is no span") from None
        for number in outside:
            _, _, value, start, end = raw[number]
            self._say(
                f"turn {index}, span_info[{number}]",
                f"the span {start} to {end} ({layout.spans}) of {value!r} lies outside its text",
            )
        canonical = layout.names == "canonical"
        if raw != native_spans(turn.text, turn.spans, layout.spans, canonical_names=canonical):
            kept["span_info"] = raw

    def _read_goal(self, native: dict[str, Any], dialogue: Dialogue, kept: dict[str, Any]) -> None:
        if "goal" not in native:
            kept["missing"] = ["goal"]
            return
        goal = native["goal"]
        if not isinstance(goal, dict):
            raise UnreadableDialogue(self._id, "goal", f"expected an object, found {type(goal).__name__}")
        if not goal:
            return
        try:
            dialogue.goal = goal_of(goal)
        except TypeError as error:
            raise UnreadableDialogue(self._id, "goal", str(error)) from None
        patch = goal_patch(goal, dialogue.goal)
        if patch:
            kept["goal"] = patch

    def _unknown_domain(self, domain: str, where: str) -> None:
        if domain not in self._unknown:
            self._unknown.add(domain)
            self._say(where, f"unknown domain {domain!r}")


def _some_values(metadata: dict[str, Any]) -> list[Any]:
    """The state values of the first domain that has any."""
    for entry in metadata.values():
        semi = entry.get("semi") if isinstance(entry, dict) else None
        if isinstance(semi, dict) and semi:
            return list(semi.values())
    return []


def _some_act_slot(acts: Any) -> str | None:
    """The first slot name in a turn's acts."""
    if isinstance(acts, dict):
        for pairs in acts.values():
            for pair in pairs if isinstance(pairs, list) else ():
                if isinstance(pair, list) and pair and isinstance(pair[0], str) and pair[0] != "none":
                    return pair[0]
    return None
