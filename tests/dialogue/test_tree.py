"""What is said, and every way through a tree: trunk first, branches depth-first, the history shared."""

from __future__ import annotations

import pytest
from dialogue_strategies import dialogues
from hypothesis import given, settings

from duologue.dialogue import Branch, Dialogue, Goal, Insertion, Origin, Turn, derived_id, parent_id, paths


def _turn(text: str) -> Turn:
    return Turn("user", text)


def test_later_insertions_lie_further_out() -> None:
    turn = Turn("user", "b")
    for kind, text, where in (("x", "c", "after"), ("y", "a", "before"), ("x", "d", "after"), ("y", "_", "before")):
        turn.insertions.append(Insertion(kind, text, where))
    assert turn.said == "_ a b c d"
    assert turn.text == "b"
    assert turn.inserted("x") == "c"
    assert turn.inserted("z") is None


def test_said_has_no_stray_spaces_where_a_text_is_empty() -> None:
    assert Turn("system", "", [Insertion("reaction", "Oh!", "before")]).said == "Oh!"
    assert Turn("system", "Hm.", [Insertion("reaction", "", "before")]).said == "Hm."


def test_paths_are_trunk_then_depth_first() -> None:
    goal = Goal(message=["x"])
    dialogue = Dialogue(
        "d",
        [_turn("0"), _turn("1"), _turn("2")],
        goal=goal,
        branches=[
            Branch("d.a", 1, [_turn("a1"), _turn("a2")], branches=[Branch("d.a.x", 2, [_turn("x2")])]),
            Branch("d.b", 3, [_turn("b3")], origin=Origin("steer")),
        ],
    )
    found = [(path.id, [turn.text for turn in path.turns]) for path in paths(dialogue)]
    assert found == [
        ("d", ["0", "1", "2"]),
        ("d.a", ["0", "a1", "a2"]),
        ("d.a.x", ["0", "a1", "x2"]),
        ("d.b", ["0", "1", "2", "b3"]),
    ]
    assert all(path.goal == goal and path.branches == [] for path in paths(dialogue))
    assert [path.origin for path in paths(dialogue)][3] == Origin("steer")


@settings(max_examples=50, deadline=None)
@given(dialogue=dialogues())
def test_every_path_begins_with_its_parents_turns(dialogue: Dialogue) -> None:
    found = {path.id: path for path in paths(dialogue)}

    def walk(parent: Dialogue, branches: list[Branch]) -> int:
        for branch in branches:
            path = found[branch.id]
            assert all(a is b for a, b in zip(path.turns[: branch.at], parent.turns, strict=False))
            assert path.turns[branch.at :] == branch.turns
        return sum(1 + walk(found[branch.id], branch.branches) for branch in branches)

    assert walk(dialogue, dialogue.branches) == len(found) - 1


def test_a_branch_beyond_its_path_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"branch d\.a starts at turn 2 of a path of 1 turns"):
        list(paths(Dialogue("d", [_turn("0")], branches=[Branch("d.a", 2, [])])))


def test_derived_ids_tell_children_apart_and_lead_back() -> None:
    ids = {derived_id("MUL1", "interference", draw) for draw in range(50)}
    assert len(ids) == 50
    assert all(made.startswith("MUL1~") for made in ids)
    assert derived_id("MUL1", "x", 1) == derived_id("MUL1", "x", 1)
    made = Dialogue(derived_id("MUL1", "x"), [], origin=Origin("x", parent="MUL1"))
    assert parent_id(made) == "MUL1"
    assert parent_id(Dialogue("MUL2", [])) == "MUL2"
