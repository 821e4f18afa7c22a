"""Native dialogues with one value replaced by any JSON: read and written back equal, or left out with one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz import v22_hf as multiwoz22_hf
from duologue.corpora.multiwoz.v22_codec import Native, dialogue_from_native, dialogue_to_native
from duologue.corpora.problems import UnreadableDialogue

FIXTURES = Path(__file__).parents[1] / "fixtures"
CONVERTED = json.loads((FIXTURES / "multiwoz22_converted" / "converted.json").read_text(encoding="utf-8"))
PLAIN = json.loads((FIXTURES / "multiwoz22_converted" / "data21.json").read_text(encoding="utf-8"))
LODGE = json.loads((FIXTURES / "multiwoz22" / "dev" / "dialogues_001.json").read_text(encoding="utf-8"))[0]
ACTS = json.loads((FIXTURES / "multiwoz22" / "dialog_acts.json").read_text(encoding="utf-8"))["MUL9001.json"]
ROWS = [
    json.loads(line) for line in (FIXTURES / "multiwoz22" / "columns.jsonl").read_text(encoding="utf-8").splitlines()
]

ANY = st.sampled_from([None, True, 0, 3, -7, 2.5, "", "x", [], ["x"], [[]], {}, {"x": 1}, [{}], {"hotel": {}}])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def damaged(value: Any, path: tuple[Any, ...], with_what: Any) -> Any:
    """A copy with the value at a path replaced."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = with_what
    return copy


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        *(
            st.tuples(st.just(native), st.sampled_from(list(places(native))), ANY)
            for native in (*CONVERTED.values(), *PLAIN.values())
        )
    )
)
def test_multiwoz21(case: tuple[Any, tuple[Any, ...], Any]) -> None:
    native = damaged(*case)
    try:
        dialogue = multiwoz21.dialogue_from_native("A.json", native, lambda _: None)
    except UnreadableDialogue:
        return
    assert multiwoz21.dialogue_to_native(dialogue) == native


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(places([LODGE, ACTS]))), ANY)
def test_multiwoz22(path: tuple[Any, ...], with_what: Any) -> None:
    native, acts = damaged([LODGE, ACTS], path, with_what)
    try:
        dialogue = dialogue_from_native(Native(native, acts), lambda _: None)
    except UnreadableDialogue:
        return
    assert dialogue_to_native(dialogue) == (native, acts)


@settings(max_examples=300, deadline=None)
@given(st.one_of(*(st.tuples(st.just(row), st.sampled_from(list(places(row))), ANY) for row in ROWS)))
def test_columns(case: tuple[Any, tuple[Any, ...], Any]) -> None:
    row = damaged(*case)
    try:
        dialogue = multiwoz22_hf.dialogue_from_row("row 0", row, lambda _: None)
    except UnreadableDialogue:
        return
    assert multiwoz22_hf.row_of(dialogue) == row
