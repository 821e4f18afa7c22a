"""One native SGD dialogue <-> `Dialogue`.

A service is a domain, under its own name. Active intents and requested slots become labels of the user turn, the names
of the service methods that a system turn called its label `tool_calls`; parameters and results of these calls, and the
canonical values of actions, are kept in `native`.

    dialogue_from_native(native, on_problem).turns[0].labels["active_intent"] == ["Restaurants_2-ReserveRestaurant"]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from duologue.corpora.multiwoz.v22_codec import INTENT, REQUESTED
from duologue.corpora.multiwoz.v22_frames import FrameError, moved
from duologue.corpora.problems import OnProblem, UnreadableDialogue
from duologue.corpora.sgd.frames import Before, Content, content_of, frames_of, kept_of, spans_outside
from duologue.corpora.sgd.services import Schema, slot_names
from duologue.dialogue import BeliefState, Dialogue, Problem, Speaker, Turn
from duologue.errors import InputError

FORMAT = "sgd"
"""The name of the format, and its key in `native`."""

CALLS = "tool_calls"
"""The label of a system turn that names the methods it called; as in the chat formats, writers do not read it."""

_SPEAKERS: dict[str, Speaker] = {"USER": "user", "SYSTEM": "system"}
_START = Before({}, [])


def dialogue_from_native(
    native: Any, on_problem: OnProblem, *, schema: Schema | None = None, place: str = "", prefix: str = ""
) -> Dialogue:
    """Make a dialogue.

    Args:
        native: as parsed from JSON; it is not changed.
        on_problem: told of what is odd.
        schema: the known services; services and slots that it has not are told. None when nothing is known.
        place: put before the place of every problem, e.g. the file.
        prefix: put before the id, which SGD uses once in every split.

    Raises:
        UnreadableDialogue: it is not laid out as in SGD.
    """
    if not isinstance(native, dict) or not isinstance(native.get("dialogue_id"), str):
        raise UnreadableDialogue("?", f"{place}dialogue_id", "expected an object with a dialogue_id")
    return _Reader(prefix + native["dialogue_id"], place, schema or {}, on_problem).dialogue(native)


def dialogue_to_native(dialogue: Dialogue, native_id: str | None = None) -> dict[str, Any]:
    """Make the native dialogue of the trunk.

    Args:
        dialogue: by user and system only.
        native_id: the id to write; None for the dialogue's own.

    Raises:
        InputError: a turn is by a tool.
    """
    kept: dict[str, Any] = dialogue.native.get(FORMAT, {})
    turns: list[dict[str, Any]] = []
    before = _START
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "tool":
            raise InputError(
                f"turn {index} is by a tool; SGD knows user and system only", where=f"dialogue {dialogue.id}"
            )
        turns.append(_native_turn(turn, before))
        if turn.speaker == "user":
            before = _after(turn, turns[-1]["frames"], before)
    services = _services_of(turns)
    written: dict[str, Any] = {
        "dialogue_id": native_id or dialogue.id,
        "services": list(dict.fromkeys([*kept.get("services", ()), *services])),
        "turns": turns,
    }
    for name in kept.get("missing", ()):
        del written[name]
    written.update(kept.get("extra", {}))
    return written


def services_of(dialogue: Dialogue) -> set[str]:
    """The services that a dialogue is about: the domains of its states, acts and spans."""
    found = {domain for turn in dialogue.turns for domain in turn.state or {}}
    found |= {act.domain for turn in dialogue.turns for act in turn.acts or ()}
    return found | {span.domain for turn in dialogue.turns for span in turn.spans if span.domain is not None}


def _native_turn(turn: Turn, before: Before) -> dict[str, Any]:
    kept: dict[str, Any] = turn.native.get(FORMAT, {})
    frames = frames_of(_content(turn), turn.text, before if turn.speaker == "user" else None, kept)
    shift = sum(len(insertion.text) + 1 for insertion in turn.insertions if insertion.where == "before")
    native: dict[str, Any] = {
        "speaker": turn.speaker.upper(),
        "utterance": turn.said,
        "frames": moved(frames, shift) if shift else frames,
    }
    native.update(kept.get("extra", {}))
    return native


def _content(turn: Turn) -> Content:
    acts, spans = tuple(turn.acts or ()), tuple(turn.spans)
    if turn.speaker != "user":
        return Content(acts=acts, spans=spans)
    asked, intents = tuple(turn.labels.get(REQUESTED, ())), tuple(turn.labels.get(INTENT, ()))
    return Content(None if turn.state is None else _full(turn.state), intents, asked, acts, spans)


def _after(turn: Turn, frames: list[dict[str, Any]], before: Before) -> Before:
    """What a user turn leaves for the turns behind it."""
    return Before(before.state if turn.state is None else _full(turn.state), [frame["service"] for frame in frames])


def _full(state: BeliefState) -> BeliefState:
    """A state without domains that hold nothing, which no frame can tell from absent ones."""
    return {domain: slots for domain, slots in state.items() if slots}


def _services_of(turns: Iterable[dict[str, Any]]) -> list[str]:
    """The services of native turns, in the order in which they come up."""
    return list(dict.fromkeys(frame["service"] for turn in turns for frame in turn["frames"]))


class _Reader:
    def __init__(self, dialogue_id: str, place: str, schema: Schema, on_problem: OnProblem) -> None:
        self._id = dialogue_id
        self._place = place
        self._slots = {service: slot_names(entry) for service, entry in schema.items()}
        self._tell = on_problem
        self._unknown: set[str] = set()

    def dialogue(self, raw: dict[str, Any]) -> Dialogue:
        turns = raw.get("turns")
        if not isinstance(turns, list):
            raise self._unreadable("turns", f"expected a list, found {type(turns).__name__}")
        if not turns:
            self._say("turns", "there are none")
        elif len(turns) % 2:
            self._say("turns", f"their number ({len(turns)}) is odd: no system turn answers the last user turn")
        dialogue = Dialogue(self._id, [])
        before = _START
        for index, native in enumerate(turns):
            turn = self._turn(f"turn {index}", native, before)
            dialogue.turns.append(turn)
            if turn.speaker == "user":
                before = _after(turn, native["frames"], before)
        kept = self._services(raw, _services_of(turns))
        extra = {name: value for name, value in raw.items() if name not in ("dialogue_id", "services", "turns")}
        if extra:
            kept.setdefault("extra", {}).update(extra)
        if kept:
            dialogue.native[FORMAT] = kept
        return dialogue

    def _services(self, raw: dict[str, Any], ours: list[str]) -> dict[str, Any]:
        """What `services` says beyond what the turns do."""
        if "services" not in raw:
            return {"missing": ["services"]}
        services = raw["services"]
        if services == ours:
            return {}
        if not isinstance(services, list) or not all(isinstance(service, str) for service in services):
            self._say("services", f"expected a list of names, found {services!r}")
        elif len(set(services)) == len(services) and set(ours) <= set(services):
            return {"services": services}
        return {"extra": {"services": services}}

    def _turn(self, where: str, native: Any, before: Before) -> Turn:
        if not isinstance(native, dict):
            raise self._unreadable(where, f"expected an object, found {type(native).__name__}")
        speaker = _SPEAKERS.get(str(native.get("speaker")))
        if speaker is None:
            raise self._unreadable(f"{where}, speaker", f"expected USER or SYSTEM, found {native.get('speaker')!r}")
        text, frames = native.get("utterance"), native.get("frames")
        if not isinstance(text, str):
            raise self._unreadable(f"{where}, utterance", f"expected text, found {type(text).__name__}")
        if not isinstance(frames, list):
            raise self._unreadable(f"{where}, frames", f"expected a list, found {type(frames).__name__}")
        if not text.strip():
            self._say(f"{where}, utterance", "is empty")
        then = before if speaker == "user" else None
        try:
            content = content_of(frames, text, then)
        except FrameError as error:
            raise self._unreadable(f"{where}, {error.where}", error.what) from None
        self._check(where, text, frames, speaker)
        turn = Turn(speaker, text, state=content.state, acts=list(content.acts) or None, spans=list(content.spans))
        calls = [(frame.get("service_call") or {}).get("method") for frame in frames]
        names = [method for method in calls if isinstance(method, str)]
        labels = ((INTENT, content.intents), (REQUESTED, content.requested), (CALLS, names))
        turn.labels = {name: list(values) for name, values in labels if values}
        kept = kept_of(frames, content, then)
        extra = {name: value for name, value in native.items() if name not in ("speaker", "utterance", "frames")}
        if extra:
            kept["extra"] = extra
        if kept:
            turn.native[FORMAT] = kept
        return turn

    def _check(self, where: str, text: str, frames: list[dict[str, Any]], speaker: Speaker) -> None:
        """Tell of well-formed frames what is odd about them."""
        for place, start, end in spans_outside(frames, text):
            self._say(f"{where}, {place}", f"the span {start} to {end} lies outside its text")
        for number, frame in enumerate(frames):
            place, state = f"{where}, frames[{number}]", frame.get("state")
            if state is not None and speaker == "system":
                self._say(f"{place}.state", "lies on a system turn; the belief state belongs to the user turn")
            if not self._slots:
                continue
            known = self._slots.get(frame["service"])
            if known is None:
                self._say_once(
                    f"{place}.service", f"unknown service {frame['service']!r}: schema.json has none of this name"
                )
                continue
            named = [(f"{place}.slots", slot["slot"]) for slot in frame.get("slots") or ()]
            if speaker == "user":
                named += [(f"{place}.state.slot_values", slot) for slot in (state or {}).get("slot_values") or ()]
            for inner, slot in named:
                if slot not in known:
                    self._say_once(
                        inner, f"unknown slot {slot!r}: schema.json has none of this name in {frame['service']}"
                    )

    def _say(self, where: str, what: str) -> None:
        self._tell(Problem(self._id, self._place + where, what))

    def _say_once(self, where: str, what: str) -> None:
        if what not in self._unknown:
            self._unknown.add(what)
            self._say(where, what)

    def _unreadable(self, where: str, what: str) -> UnreadableDialogue:
        return UnreadableDialogue(self._id, self._place + where, what)
