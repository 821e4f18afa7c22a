"""`check` finds nothing in a sound dialogue and names place and fault in every unsound one."""

from __future__ import annotations

from typing import Any

import pytest
from dialogue_strategies import dialogues
from hypothesis import given, settings

from duologue.dialogue import Branch, Dialogue, Insertion, Span, Turn, check


@settings(max_examples=50, deadline=None)
@given(dialogue=dialogues())
def test_a_sound_dialogue_has_no_problem(dialogue: Dialogue) -> None:
    assert list(check(dialogue)) == []


def _user(**changes: Any) -> Turn:
    return Turn("user", "up north", **changes)


@pytest.mark.parametrize(
    ("dialogue", "says"),
    [
        (Dialogue("d", []), "dialogue d, turns: there are none"),
        (Dialogue("", [_user()]), "dialogue ?, id: is empty"),
        (Dialogue("d", [Turn("user", " \n")]), "turn 0: the text is empty"),
        (
            Dialogue("d", [_user(), _user(spans=[Span("area", "north", 3, 9)])]),
            "turn 1, spans[0]: characters 3 to 9 lie outside a text of 8 characters",
        ),
        (Dialogue("d", [_user(spans=[Span("area", "", 3, 3)])]), "characters 3 to 3"),
        (Dialogue("d", [_user(spans=[Span("area", "x", -1, 3)])]), "characters -1 to 3"),
        (Dialogue("d", [Turn("system", "x", state={})]), "the belief state belongs to the user turn"),
        (Dialogue("d", [_user(state={"hotel": {"area": []}})]), "state hotel-area: has no value"),
        (Dialogue("d", [_user(state={"hotel": {"area": [""]}})]), "state hotel-area: has no value"),
        (Dialogue("d", [_user(insertions=[Insertion("backstory", " ", "after")])]), "insertion backstory: is empty"),
        (Dialogue("d", [_user()], branches=[Branch("b", 2, [_user()])]), "branch b: starts at turn 2 of a path of 1"),
        (
            Dialogue("d", [_user()], branches=[Branch("b", 0, [Turn("user", "")])]),
            "branch b, turn 0: the text is empty",
        ),
        (
            Dialogue("d", [_user()], branches=[Branch("b", 1, [_user()], branches=[Branch("b", 1, [_user()])])]),
            "branch b: this id is used 2 times",
        ),
        (Dialogue("d", [_user()], branches=[Branch("d", 1, [_user()])]), "branch d: this id is used 2 times"),
    ],
)
def test_each_fault_is_named_once_with_its_place(dialogue: Dialogue, says: str) -> None:
    (problem,) = check(dialogue)
    assert says in str(problem)


def test_a_turn_that_only_calls_a_tool_may_be_silent() -> None:
    called = Turn("system", "", labels={"tool_calls": ["find_hotel"]})
    assert list(check(Dialogue("d", [_user(), called]))) == []
