"""Hypothesis strategies for native SGD dialogues, as odd as files in this layout get, and for what a turn can mean.

@given(dialogues())
def test_…(native): assert dialogue_to_native(dialogue_from_native(native, tell)) == native
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from duologue.dialogue import Act, BeliefState, Span

SERVICES = ["Cafes_1", "Trams_1", "a", "a-b", ""]
SLOTS = ["city", "time", "b-c"]
TEXTS = ["Ely", "half past three", "15:30", "dontcare", "é", "x"]
UTTERANCE = "In Ely at half past three, naïve İ."

texts = st.lists(st.sampled_from([*TEXTS, ""]), max_size=2)
odd_json = st.sampled_from([None, True, 1.5, "x", {}, [], {"=": 1}, {"x": None}])


def some(draw: st.DrawFn, **keys: st.SearchStrategy[Any]) -> dict[str, Any]:
    """An object with some of these keys."""
    return {key: draw(values) for key, values in keys.items() if draw(st.integers(0, 5))}


@st.composite
def actions(draw: st.DrawFn) -> dict[str, Any]:
    return {"act": draw(st.sampled_from(["INFORM", "REQUEST", "Inform", "REQ_MORE"]))} | some(
        draw,
        slot=st.sampled_from([*SLOTS, "", None]),
        values=st.none() | texts,
        canonical_values=texts | st.sampled_from([None, "x", [1]]),
    )


@st.composite
def frames(draw: st.DrawFn) -> dict[str, Any]:
    place = st.integers(-1, len(UTTERANCE) + 1)
    slot = st.fixed_dictionaries({"slot": st.sampled_from(SLOTS), "start": place, "exclusive_end": place})
    made = {"service": draw(st.sampled_from(SERVICES))} | some(
        draw, actions=st.none() | st.lists(actions(), max_size=3), slots=st.none() | st.lists(slot, max_size=2)
    )
    if draw(st.booleans()):
        values = st.dictionaries(st.sampled_from(SLOTS), st.none() | texts, max_size=2)
        state = some(
            draw,
            active_intent=st.sampled_from(["NONE", "FindCafes", "", None]),
            requested_slots=st.none() | st.lists(st.sampled_from(SLOTS), max_size=2),
            slot_values=st.none() | values,
        )
        made["state"] = draw(st.sampled_from([state, state, None]))
    if draw(st.booleans()):
        calls = st.dictionaries(st.sampled_from(["method", "parameters"]), odd_json)
        made |= some(draw, service_call=calls, service_results=st.lists(odd_json, max_size=2), more=odd_json)
    return made


@st.composite
def dialogues(draw: st.DrawFn) -> dict[str, Any]:
    """A dialogue that can be read, whatever else is odd about it."""
    turns = []
    for index in range(draw(st.integers(0, 5))):
        speaker = draw(st.sampled_from([["USER", "SYSTEM"][index % 2]] * 5 + ["USER"]))
        turn = {"speaker": speaker, "utterance": UTTERANCE, "frames": draw(st.lists(frames(), max_size=3))}
        turns.append(turn | some(draw, turn_id=odd_json) if draw(st.booleans()) else turn)
    services = st.lists(st.sampled_from(SERVICES), max_size=3) | odd_json
    return {"dialogue_id": "1_00000", "turns": turns} | some(draw, services=services, more=odd_json)


domains = st.sampled_from(["Cafes_1", "Trams_1", "a"])
values = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)
states: st.SearchStrategy[BeliefState] = st.dictionaries(
    domains, st.dictionaries(st.sampled_from(SLOTS), values, min_size=1, max_size=2), max_size=2
)
acts = st.builds(
    Act, domains, st.sampled_from(["inform", "request"]), st.sampled_from(SLOTS), st.none() | st.sampled_from(TEXTS)
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, len(UTTERANCE) - 1))
    end = draw(st.integers(start + 1, len(UTTERANCE)))
    return Span(draw(st.sampled_from(SLOTS)), UTTERANCE[start:end], start, end, draw(domains))
