"""The frames of an SGD turn <-> belief state, intents, requested slots, acts and spans.

A turn has a frame only for the services it is about, so a user turn's belief state is the one before with the states of
its frames put in. What the frames say beyond that (canonical values, service calls and their results) is kept as
a patch (`merge_patch`) against what we would write; on writing, each piece of it counts only where it does not
contradict the turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz.v22_frames import Frame, FrameError, by_service, typed
from duologue.corpora.sgd.actions import Canonical, actions_of, acts_of, canonical_of
from duologue.dialogue import Act, BeliefState, Span


class Content(NamedTuple):
    """What a turn's frames say; `state` is None where no frame has one (system turns).

    Intents and requested slots carry their service: `Restaurants_2-FindRestaurants`, `Restaurants_2-phone_number`.
    """

    state: BeliefState | None = None
    intents: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    spans: tuple[Span, ...] = ()


class Before(NamedTuple):
    """What the user turn before leaves: the belief state, and the services of its frames."""

    state: BeliefState
    services: list[str]


def content_of(frames: list[Any], text: str, before: Before | None) -> Content:
    """What frames say.

    Args:
        frames: of one turn.
        text: of this turn; spans outside it are passed over (`spans_outside`).
        before: None on system turns, whose frames have no state.

    Raises:
        FrameError: they are not laid out as in SGD.
    """
    state: BeliefState | None = None
    intents: list[str] = []
    requested: list[str] = []
    acts: list[Act] = []
    spans: list[Span] = []
    for number, frame in enumerate(frames):
        where = f"frames[{number}]"
        if not isinstance(frame, dict) or not isinstance(frame.get("service"), str):
            raise FrameError(where, "expected an object with a service")
        service = frame["service"]
        acts += acts_of(service, typed(frame.get("actions"), list, f"{where}.actions"), f"{where}.actions")
        for index, slot in enumerate(typed(frame.get("slots"), list, f"{where}.slots")):
            start, end = _offsets(slot, f"{where}.slots[{index}]")
            if 0 <= start < end <= len(text):
                spans.append(Span(slot["slot"], text[start:end], start, end, service))
        typed(frame.get("service_call"), dict, f"{where}.service_call")
        typed(frame.get("service_results"), list, f"{where}.service_results")
        if before is None or frame.get("state") is None:
            continue
        native = typed(frame["state"], dict, f"{where}.state")
        if state is None:
            state = {
                domain: {slot: [*values] for slot, values in slots.items()} for domain, slots in before.state.items()
            }
        state[service] = _slot_values(native, f"{where}.state.slot_values")
        if not state[service]:
            del state[service]
        intent = typed(native.get("active_intent"), str, f"{where}.state.active_intent")
        if intent not in ("", "NONE"):
            intents.append(f"{service}-{intent}")
        requested += [f"{service}-{slot}" for slot in _texts(native, "requested_slots", f"{where}.state")]
    return Content(state, tuple(intents), tuple(requested), tuple(acts), tuple(spans))


def spans_outside(frames: list[Frame], text: str) -> Iterator[tuple[str, int, int]]:
    """Yield where well-formed frames have a span outside the text, with its start and end."""
    for number, frame in enumerate(frames):
        for index, slot in enumerate(frame.get("slots") or ()):
            if not 0 <= slot["start"] < slot["exclusive_end"] <= len(text):
                yield f"frames[{number}].slots[{index}]", slot["start"], slot["exclusive_end"]


def kept_of(native: list[Frame], content: Content, before: Before | None) -> dict[str, Any]:
    """What frames say beyond their content, for `frames_of`; `{}` when it gives them without.

    Args:
        native: well-formed frames.
        content: what is modelled of them.
        before: as for `content_of`.
    """
    order = [frame["service"] for frame in native]
    if len(set(order)) < len(order):
        return {"as": native}
    canonical = {frame["service"]: form for frame in native if (form := canonical_of(frame.get("actions") or []))}
    patch = patch_between(by_service(_rendered(content, order, canonical)), by_service(native))
    kept: dict[str, Any] = {} if _services(content, before) == order else {"services": order}
    return kept | ({"canonical": canonical} if canonical else {}) | ({"frames": patch} if patch else {})


def frames_of(content: Content, text: str, before: Before | None, kept: dict[str, Any]) -> list[Frame]:
    """The frames of a turn, with what `kept_of` kept as far as that does not contradict the content."""

    def said(frames: list[Frame]) -> Content | None:
        try:
            return content_of(frames, text, before)
        except FrameError:
            return None

    if "as" in kept and said(kept["as"]) == content:
        whole: list[Frame] = kept["as"]
        return whole
    patch = kept.get("frames", {})
    services = [*kept.get("services", _services(content, before)), *patch]
    services += _needed(content, before, services)
    frames = by_service(_rendered(content, list(dict.fromkeys(services)), kept.get("canonical", {})))
    candidate = patched(frames, patch)
    if said(list(candidate.values())) == content:
        return list(candidate.values())
    for piece in _pieces(patch):
        candidate = patched(frames, piece)
        if said(list(candidate.values())) == said(list(frames.values())):
            frames = candidate
    return list(frames.values())


def _rendered(content: Content, services: list[str], canonical: dict[str, Canonical]) -> list[Frame]:
    """Frames that say this and nothing more. A span without a domain goes with the first service."""
    frames = []
    for service in services:
        frame: Frame = {
            "service": service,
            "actions": actions_of([act for act in content.acts if act.domain == service], canonical.get(service, {})),
            "slots": [
                {"slot": span.slot, "start": span.start, "exclusive_end": span.end}
                for span in content.spans
                if (services[0] if span.domain is None else span.domain) == service
            ],
        }
        if content.state is not None:
            frame["state"] = {
                "active_intent": next(_names_in(service, content.intents), "NONE"),
                "requested_slots": list(_names_in(service, content.requested)),
                "slot_values": content.state.get(service, {}),
            }
        frames.append(frame)
    return frames


def _services(content: Content, before: Before | None) -> list[str]:
    """The services a turn has frames for; a user turn that is about none stays with those before."""
    if before is None or content.state is None:
        return _needed(content, before)
    return _needed(content, before) or before.services


def _needed(content: Content, before: Before | None, known: Collection[str] = ()) -> list[str]:
    """The services without which something of the content could not be written; a label may belong to a known one."""
    needed = [act.domain for act in content.acts]
    needed += [span.domain for span in content.spans if span.domain is not None]
    if before is not None and content.state is not None:
        for label in (*content.intents, *content.requested):
            if "-" in label and not any(label.startswith(f"{service}-") for service in known):
                needed.append(label.partition("-")[0])
        for service in (*content.state, *before.state):
            if content.state.get(service, {}) != before.state.get(service, {}):
                needed.append(service)
    return list(dict.fromkeys(needed))


def _pieces(patch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A patch of frames by service, cut up: one key of a frame or of its state at a time."""
    for service, change in patch.items():
        if not isinstance(change, dict):
            continue
        for key, value in change.items():
            if key == "state" and isinstance(value, dict) and "=" not in value:
                yield from ({service: {key: {inner: what}}} for inner, what in value.items())
            else:
                yield {service: {key: value}}


def _names_in(service: str, labels: tuple[str, ...]) -> Iterator[str]:
    return (label[len(service) + 1 :] for label in labels if label.startswith(f"{service}-"))


def _slot_values(state: dict[str, Any], where: str) -> dict[str, list[str]]:
    """The slots with their acceptable alternatives; a slot without any is absent."""
    slots = typed(state.get("slot_values"), dict, where)
    values = {slot: [value for value in _texts(slots, slot, where) if value] for slot in slots}
    return {slot: alternatives for slot, alternatives in values.items() if alternatives}


def _texts(holder: dict[str, Any], name: str, where: str) -> list[str]:
    texts: list[str] = typed(holder.get(name), list, f"{where}.{name}")
    for text in texts:
        if not isinstance(text, str):
            raise FrameError(f"{where}.{name}", f"expected a list of texts, found {text!r} in it")
    return texts


def _offsets(slot: Any, where: str) -> tuple[int, int]:
    if not isinstance(slot, dict) or not isinstance(slot.get("slot"), str):
        raise FrameError(where, "expected an object with a slot")
    start, end = slot.get("start"), slot.get("exclusive_end")
    if type(start) is not int or type(end) is not int:
        raise FrameError(where, f"expected whole numbers start and exclusive_end, found {start!r} and {end!r}")
    return start, end
