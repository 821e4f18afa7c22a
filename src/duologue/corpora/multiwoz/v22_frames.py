"""The frames of a MultiWOZ 2.2 turn <-> belief state, intents, requested slots and spans.

A user turn has a frame for each service, most of them idle; the state is spread over them. Frames are rendered for the
services of the user turn before (first: those in play), and what differs is kept as a patch (`merge_patch`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz.slots import values_of
from duologue.dialogue import BeliefState, Span

Frame = dict[str, Any]

_KINDS: dict[type, str] = {list: "a list", dict: "an object", str: "text"}


class Content(NamedTuple):
    """What a turn's frames say; `state` is None where no frame has one (system turns)."""

    state: BeliefState | None = None
    intents: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def without_spans(self) -> Content:
        """The same without what stands in the text."""
        return self._replace(spans=())


class FrameError(Exception):
    """Frames that are not laid out as expected: `where` in the turn, and what."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        super().__init__(f"{where}: {what}")


def content_of(frames: list[Any]) -> Content:
    """What frames say.

    Raises:
        FrameError: they are not laid out as in MultiWOZ 2.2.
    """
    state: BeliefState | None = None
    intents: list[str] = []
    requested: list[str] = []
    spans: list[Span] = []
    for number, frame in enumerate(frames):
        where = f"frames[{number}]"
        if not isinstance(frame, dict) or not isinstance(frame.get("service"), str):
            raise FrameError(where, "expected an object with a service")
        for index, slot in enumerate(typed(frame.get("slots"), list, f"{where}.slots")):
            span = _span(slot, f"{where}.slots[{index}]")
            if span is not None:
                spans.append(span)
        if frame.get("state") is None:
            continue
        native = typed(frame["state"], dict, f"{where}.state")
        state = state or {}
        for name, values in typed(native.get("slot_values"), dict, f"{where}.state.slot_values").items():
            domain, _, slot = name.partition("-")
            try:
                alternatives = values_of(values)
            except TypeError as error:
                raise FrameError(f"{where}.state.slot_values.{name}", str(error)) from None
            if alternatives:
                state.setdefault(domain, {})[slot] = alternatives
        intent = native.get("active_intent")
        if isinstance(intent, str) and intent not in ("", "NONE"):
            intents.append(intent)
        asked = typed(native.get("requested_slots"), list, f"{where}.state.requested_slots")
        requested += [slot for slot in asked if isinstance(slot, str)]
    return Content(state, tuple(intents), tuple(requested), tuple(spans))


def slot_values_of(frames: list[Any]) -> dict[str, list[str]]:
    """The slot values of all frames of a turn as they are, e.g. `{"hotel-area": ["north"]}`."""
    values: dict[str, list[str]] = {}
    for number, frame in enumerate(frames):
        state = typed(frame.get("state"), dict, f"frames[{number}].state")
        values |= typed(state.get("slot_values"), dict, f"frames[{number}].state.slot_values")
    return values


def rendered(content: Content, services: list[str]) -> list[Frame]:
    """Frames that say this, for these services and any other that the content needs."""
    state = content.state
    needed = [span.domain or "" for span in content.spans]
    if state is not None:
        needed += [*state, *map(service_of, content.intents), *(slot.partition("-")[0] for slot in content.requested)]
    frames = []
    for service in dict.fromkeys((*services, *needed)):
        frame: Frame = {
            "service": service,
            "actions": [],
            "slots": [_native_span(span) for span in content.spans if (span.domain or "") == service],
        }
        if state is not None:
            intents = [intent for intent in content.intents if service_of(intent) == service]
            frame["state"] = {
                "active_intent": intents[0] if intents else "NONE",
                "requested_slots": [slot for slot in content.requested if slot.partition("-")[0] == service],
                "slot_values": {f"{service}-{slot}": values for slot, values in state.get(service, {}).items()},
            }
        frames.append(frame)
    return frames


def frames_patch(native: list[Frame], content: Content, services: list[str]) -> dict[str, Any]:
    """What frames say beyond their content; `{}` when `rendered` gives them as they are.

    Args:
        native: well-formed frames (`content_of` reads them).
        content: what is modelled of them.
        services: the services of the user turn before.
    """
    order = [frame["service"] for frame in native]
    kept: dict[str, Any] = {}
    ours = rendered(content, services)
    if [frame["service"] for frame in ours] != order:
        kept["services"] = order
        ours = rendered(content, order)
    if [frame["service"] for frame in ours] != order or len(set(order)) < len(order):
        return {"as": native}
    patch = patch_between(by_service(ours), by_service(native))
    if patch:
        kept["frames"] = patch
    return kept


def patched_frames(content: Content, services: list[str], kept: dict[str, Any]) -> list[Frame]:
    """Frames with what `frames_patch` kept, as far as that does not contradict the content."""
    if "as" in kept:
        candidate: list[Frame] = kept["as"]
        return candidate if _agrees(candidate, content) else rendered(content, services)
    frames = by_service(rendered(content, kept.get("services", services)))
    patch = kept.get("frames", {})
    candidate = list(patched(frames, patch).values())
    if _agrees(candidate, content):
        return candidate
    for service, change in patch.items():
        one = patched(frames, {service: change})
        if service in frames and _agrees(list(one.values()), content):
            frames = one
    return list(frames.values())


def by_service(frames: list[Frame]) -> dict[str, Frame]:
    """Frames by service, in their order."""
    return {frame["service"]: frame for frame in frames}


def service_of(intent: str) -> str:
    """The service that an intent belongs to: `find_hotel` -> `hotel`, `police` -> `police`."""
    return intent.rpartition("_")[2]


def moved(frames: list[Frame], shift: int) -> list[Frame]:
    """Frames whose spans lie `shift` characters later."""
    return [
        {
            **frame,
            "slots": [
                {**slot, "start": slot["start"] + shift, "exclusive_end": slot["exclusive_end"] + shift}
                if "start" in slot and "exclusive_end" in slot
                else slot
                for slot in frame.get("slots") or []
            ],
        }
        for frame in frames
    ]


def typed(value: Any, kind: type, where: str) -> Any:
    """A value of a frame that is a list, an object or text; an empty one for null.

    Raises:
        FrameError: it is of another type.
    """
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise FrameError(where, f"expected {_KINDS[kind]}, found {type(value).__name__}")
    return value


def _agrees(frames: list[Frame], content: Content) -> bool:
    try:
        said = content_of(frames)
    except FrameError:
        return False
    # Where the acts say what stands in the text, the frames' spans are theirs alone.
    return said == content or (not content.spans and said.without_spans() == content)


def _span(slot: Any, where: str) -> Span | None:
    """A span of a frame; None for a value that is carried over from another slot."""
    if not isinstance(slot, dict) or not isinstance(slot.get("slot"), str):
        raise FrameError(where, "expected an object with a slot")
    start, end, value = slot.get("start"), slot.get("exclusive_end"), slot.get("value")
    if "copy_from" in slot or not isinstance(start, int) or not isinstance(end, int):
        return None
    domain, _, name = slot["slot"].partition("-")
    return Span(name, value if isinstance(value, str) else str(value), start, end, domain)


def _native_span(span: Span) -> dict[str, Any]:
    name = f"{span.domain}-{span.slot}" if span.domain else span.slot
    return {"slot": name, "start": span.start, "exclusive_end": span.end, "value": span.value}
