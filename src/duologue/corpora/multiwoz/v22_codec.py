"""One native MultiWOZ 2.2 dialogue with its entry of `dialog_acts.json` <-> `Dialogue`.

State, active intents and requested slots come from the frames; acts and spans from the acts file where it has the turn,
spans from the frames otherwise. Active intents and requested slots become labels of the user turn.

    dialogue_from_native(Native(dialogue, acts)).turns[0].labels["active_intent"] == ["find_hotel"]
"""

from __future__ import annotations

from typing import Any, NamedTuple

from duologue.corpora.multiwoz.acts import act_name, acts_of, native_acts
from duologue.corpora.multiwoz.slots import ACT_DOMAINS, DOMAINS
from duologue.corpora.multiwoz.spans import native_spans, spans_of
from duologue.corpora.multiwoz.v22_frames import (
    Content,
    FrameError,
    content_of,
    frames_patch,
    moved,
    patched_frames,
)
from duologue.corpora.problems import OnProblem, UnreadableDialogue
from duologue.dialogue import Dialogue, Problem, Turn
from duologue.errors import InputError

FORMAT = "multiwoz22"
"""The name of the format, and its key in `native`."""

INTENT, REQUESTED = "active_intent", "requested_slots"
"""The labels of a user turn that hold its active intents and the slots it asks for (with their domain)."""

_SPEAKERS = {"USER": "user", "SYSTEM": "system"}


class Native(NamedTuple):
    """A native dialogue and its acts by turn id; None where no acts file has it."""

    dialogue: dict[str, Any]
    acts: dict[str, Any] | None = None


def dialogue_from_native(native: Native, on_problem: OnProblem) -> Dialogue:
    """Make a dialogue.

    Args:
        native: as parsed from JSON; it is not changed.
        on_problem: told of what is odd.

    Raises:
        UnreadableDialogue: it is not laid out as in MultiWOZ 2.2.
    """
    raw = native.dialogue
    if not isinstance(raw, dict) or not isinstance(raw.get("dialogue_id"), str):
        raise UnreadableDialogue("?", "dialogue_id", "expected an object with a dialogue_id")
    key = raw["dialogue_id"]
    return _Reader(key.removesuffix(".json"), native.acts, on_problem).dialogue(raw, key)


def dialogue_to_native(dialogue: Dialogue, native_id: str | None = None) -> Native:
    """Make the native dialogue of the trunk, and its acts.

    Args:
        dialogue: by user and system only.
        native_id: the id to write, without `.json`; None for the dialogue's own.

    Raises:
        InputError: a turn is by a tool.
    """
    kept: dict[str, Any] = dialogue.native.get(FORMAT, {})
    turns: list[dict[str, Any]] = []
    acts: dict[str, Any] = {}
    services: list[str] = []
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "tool":
            raise InputError(
                f"turn {index} is by a tool; MultiWOZ 2.2 knows user and system only", where=f"dialogue {dialogue.id}"
            )
        native = _native_turn(index, turn, services)
        if turn.speaker == "user":
            services = [frame["service"] for frame in native["frames"]]
        entry = _native_acts(turn)
        if entry is not None:
            acts[str(native["turn_id"])] = entry
        turns.append(native)
    written: dict[str, Any] = {
        "dialogue_id": (native_id or dialogue.id) + kept.get("suffix", ".json"),
        "services": kept.get("services", services_of(dialogue)),
        "turns": turns,
    }
    for name in kept.get("missing", ()):
        del written[name]
    written.update(kept.get("extra", {}))
    acts.update(kept.get("acts", {}))
    return Native(written, acts if acts or "acts" in kept else None)


def services_of(dialogue: Dialogue) -> list[str]:
    """The services in play: the domains of the belief states, in the order of their first value."""
    return list(dict.fromkeys(domain for turn in dialogue.turns for domain in turn.state or {}))


def _native_turn(index: int, turn: Turn, services: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = turn.native.get(FORMAT, {})
    frames = patched_frames(_content(turn), services if turn.speaker == "user" else [], kept)
    before = sum(len(insertion.text) + 1 for insertion in turn.insertions if insertion.where == "before")
    native = {
        "turn_id": kept.get("turn_id", str(index)),
        "speaker": turn.speaker.upper(),
        "utterance": turn.said,
        "frames": moved(frames, before) if before else frames,
    }
    native.update(kept.get("extra", {}))
    return native


def _content(turn: Turn) -> Content:
    return Content(
        turn.state,
        tuple(turn.labels.get(INTENT, ())),
        tuple(turn.labels.get(REQUESTED, ())),
        tuple(span for span in turn.spans if span.intent is None),
    )


def _native_acts(turn: Turn) -> dict[str, Any] | None:
    """The turn's entry of the acts file; None where it has none."""
    before = sum(len(insertion.text) + 1 for insertion in turn.insertions if insertion.where == "before")
    spans = [span for span in turn.spans if span.intent is not None]
    entry = {
        "dialog_act": native_acts(turn.acts, canonical_names=True),
        "span_info": native_spans(turn.said, spans, "characters", canonical_names=True, shift=before),
    }
    raw = turn.native.get(FORMAT, {}).get("acts")
    if raw is not None and not before:
        try:
            if acts_of(_acts_in(raw)) == turn.acts and _spans_of(turn, raw) == spans:
                kept: dict[str, Any] = raw
                return kept
        except TypeError:
            pass
    return entry if turn.acts is not None or spans else None


def _acts_in(entry: dict[str, Any]) -> Any:
    # The README calls the key `dialogue_acts`, the data `dialog_act`.
    return entry.get("dialog_act", entry.get("dialogue_acts"))


def _spans_of(turn: Turn, entry: dict[str, Any]) -> list[Any]:
    return spans_of(turn.text, entry.get("span_info") or [], "characters")[0]


class _Reader:
    def __init__(self, dialogue_id: str, acts: dict[str, Any] | None, on_problem: OnProblem) -> None:
        self._id = dialogue_id
        self._acts = acts
        self._tell = on_problem
        self._unknown: set[str] = set()

    def dialogue(self, raw: dict[str, Any], key: str) -> Dialogue:
        turns = raw.get("turns")
        if not isinstance(turns, list):
            raise UnreadableDialogue(self._id, "turns", f"expected a list, found {type(turns).__name__}")
        if self._acts is not None and not isinstance(self._acts, dict):
            found = type(self._acts).__name__
            raise UnreadableDialogue(self._id, "dialog_acts.json", f"expected turns by id, found {found}")
        if not turns:
            self._say("turns", "there are none")
        elif len(turns) % 2:
            self._say("turns", f"their number ({len(turns)}) is odd: no system turn answers the last user turn")
        dialogue = Dialogue(self._id, [])
        services: list[str] = []
        for index, native in enumerate(turns):
            turn, services = self._turn(index, native, services)
            dialogue.turns.append(turn)
        kept: dict[str, Any] = {}
        suffix = key[len(self._id) :]
        if suffix != ".json":
            kept["suffix"] = suffix
        if "services" not in raw:
            kept["missing"] = ["services"]
        elif raw["services"] != services_of(dialogue):
            kept["services"] = raw["services"]
        extra = {name: value for name, value in raw.items() if name not in ("dialogue_id", "services", "turns")}
        if extra:
            kept["extra"] = extra
        if self._acts is not None:
            ids = {str(native.get("turn_id", index)) for index, native in enumerate(turns)}
            others = {turn_id: entry for turn_id, entry in self._acts.items() if turn_id not in ids}
            if others or not self._acts:
                kept["acts"] = others
        if kept:
            dialogue.native[FORMAT] = kept
        return dialogue

    def _turn(self, index: int, native: Any, services: list[str]) -> tuple[Turn, list[str]]:
        where = f"turn {index}"
        if not isinstance(native, dict):
            raise UnreadableDialogue(self._id, where, f"expected an object, found {type(native).__name__}")
        speaker = _SPEAKERS.get(str(native.get("speaker")))
        if speaker is None:
            raise UnreadableDialogue(
                self._id, f"{where}, speaker", f"expected USER or SYSTEM, found {native.get('speaker')!r}"
            )
        text, frames = native.get("utterance"), native.get("frames")
        if not isinstance(text, str):
            raise UnreadableDialogue(self._id, f"{where}, utterance", f"expected text, found {type(text).__name__}")
        if not isinstance(frames, list):
            raise UnreadableDialogue(self._id, f"{where}, frames", f"expected a list, found {type(frames).__name__}")
        if not text.strip():
            self._say(f"{where}, utterance", "is empty")
        try:
            content = content_of(frames)
        except FrameError as error:
            raise UnreadableDialogue(self._id, f"{where}, {error.where}", error.what) from None
        turn = Turn("user" if speaker == "user" else "system", text, state=content.state)
        if content.intents:
            turn.labels[INTENT] = list(content.intents)
        if content.requested:
            turn.labels[REQUESTED] = list(content.requested)
        for domain in {frame["service"] for frame in frames} | set(content.state or {}):
            if domain not in DOMAINS:
                self._unknown_domain(domain, f"{where}, frames")
        kept: dict[str, Any] = {}
        turn_id = native.get("turn_id", str(index))
        if self._read_acts(where, str(turn_id), turn, kept):
            content = content.without_spans()
        else:
            turn.spans = self._inside(where, turn.text, content)
            content = content._replace(spans=tuple(turn.spans))
        kept |= frames_patch(frames, content, services if speaker == "user" else [])
        if turn_id != str(index):
            kept["turn_id"] = turn_id
        known = ("turn_id", "speaker", "utterance", "frames")
        extra = {name: value for name, value in native.items() if name not in known}
        if extra:
            kept["extra"] = extra
        if kept:
            turn.native[FORMAT] = kept
        return turn, [frame["service"] for frame in frames] if speaker == "user" else services

    def _inside(self, where: str, text: str, content: Content) -> list[Any]:
        spans = []
        for span in content.spans:
            if 0 <= span.start < span.end <= len(text):
                spans.append(span)
            else:
                self._say(
                    f"{where}, frames, slot {span.domain}-{span.slot}",
                    f"the span {span.start} to {span.end} of {span.value!r} lies outside its text",
                )
        return spans

    def _read_acts(self, where: str, turn_id: str, turn: Turn, kept: dict[str, Any]) -> bool:
        """Read the turn's entry of the acts file; false where it has none."""
        if turn_id not in (self._acts or {}):
            return False
        entry = (self._acts or {})[turn_id]
        where = f"{where}, dialog_acts.json"
        if not isinstance(entry, dict):
            raise UnreadableDialogue(self._id, where, f"expected an object, found {type(entry).__name__}")
        acts = _acts_in(entry)
        spans = entry.get("span_info") or []
        if not isinstance(spans, list):
            raise UnreadableDialogue(self._id, f"{where} span_info", f"expected a list, found {type(spans).__name__}")
        try:
            turn.acts = acts_of(acts)
            turn.spans, outside = spans_of(turn.text, spans, "characters")
        except TypeError as error:
            raise UnreadableDialogue(self._id, where, str(error)) from None
        for name in acts if turn.acts is not None else ():
            if act_name(name)[0] not in ACT_DOMAINS:
                self._unknown_domain(act_name(name)[0], f"{where} {name}")
        for number in outside:
            _, _, value, start, end = spans[number]
            self._say(f"{where} span_info[{number}]", f"the span {start} to {end} of {value!r} lies outside its text")
        if _native_acts(turn) != entry:
            kept["acts"] = entry
        return True

    def _say(self, where: str, what: str) -> None:
        self._tell(Problem(self._id, where, what))

    def _unknown_domain(self, domain: str, where: str) -> None:
        if domain not in self._unknown:
            self._unknown.add(domain)
            self._say(where, f"unknown domain {domain!r}")
