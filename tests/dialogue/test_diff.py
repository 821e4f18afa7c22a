"""`diff` names what an operator did and goes by source, so that added turns shift nothing."""

from __future__ import annotations

import msgspec
from dialogue_strategies import dialogues
from hypothesis import given, settings

from duologue.dialogue import Branch, Dialogue, Insertion, Turn, diff

BEFORE = Dialogue("d", [Turn("user", "A room?"), Turn("system", "Which day?"), Turn("user", "Monday.")])


def _after(*turns: Turn, **changes: object) -> Dialogue:
    return msgspec.structs.replace(BEFORE, turns=list(turns) or BEFORE.turns, **changes)


@settings(max_examples=50, deadline=None)
@given(dialogue=dialogues())
def test_nothing_changed(dialogue: Dialogue) -> None:
    plain = msgspec.structs.replace(
        dialogue, turns=[msgspec.structs.replace(turn, source=None) for turn in dialogue.turns]
    )
    assert list(diff(plain, plain)) == []


def test_insertions_made_and_undone() -> None:
    backstory = Insertion("backstory", "My sister visits.", "after")
    after = _after(msgspec.structs.replace(BEFORE.turns[0], insertions=[backstory]), *BEFORE.turns[1:])
    (made,) = diff(BEFORE, after)
    assert (made.turn, made.what, made.kind, made.after) == (0, "inserted", "backstory", "My sister visits.")
    assert str(made) == "d turn 0: inserted backstory + 'My sister visits.'"
    (undone,) = diff(after, BEFORE)
    assert (undone.what, undone.before) == ("removed", "My sister visits.")


def test_a_derived_dialogue_is_compared_by_source() -> None:
    derived = _after(
        Turn("user", "What rain!"),
        Turn("system", "Awful."),
        Turn("user", "So, a room?", source=("d", 0)),
        Turn("system", "Which day?", source=("d", 1)),
        id="d~1",
    )
    found = [(change.what, change.turn, change.before, change.after) for change in diff(BEFORE, derived)]
    assert found == [
        ("added", 0, "", "What rain!"),
        ("added", 1, "", "Awful."),
        ("rewritten", 2, "A room?", "So, a room?"),
        ("dropped", 2, "Monday.", ""),
    ]


def test_a_source_in_another_dialogue_is_an_added_turn() -> None:
    derived = _after(*(msgspec.structs.replace(t, source=("other", i)) for i, t in enumerate(BEFORE.turns)))
    assert [change.what for change in diff(BEFORE, derived)] == ["added"] * 3 + ["dropped"] * 3


def test_labels_branches_and_facts() -> None:
    labelled = msgspec.structs.replace(BEFORE.turns[1], labels={"strategy": ["question"]})
    after = _after(
        BEFORE.turns[0],
        labelled,
        BEFORE.turns[2],
        branches=[Branch("d.b", 1, [Turn("system", "Where?"), Turn("user", "North.")])],
        facts={"situation": "A trip.", "age": 3},
    )
    assert [str(change) for change in diff(BEFORE, after)] == [
        "d turn 1: relabelled strategy + 'question'",
        "d turn 1: branched d.b + 'Where? / North.'",
        "d: facts age + '3'",
        "d: facts situation + 'A trip.'",
    ]
