"""Continuation points by the published rules, and seeded splits by conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.continuation_points import merged, points
from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.strategy_labels import Several
from duologue.dialogue import Dialogue, Speaker, Turn
from duologue.errors import InputError


def talk(letters: str) -> Dialogue:
    """`u` and `S` are messages of seeker and supporter; a supporter's strategies count through A, B, C."""
    turns = []
    for number, letter in enumerate(letters):
        speaker: Speaker = "user" if letter == "u" else "system"
        labels = {} if letter == "u" else {"strategy": ["ABC"[number % 3]]}
        turns.append(Turn(speaker, f"{letter}{number}", labels=labels))
    return Dialogue("c", turns)


def test_a_seeker_who_opens_loses_the_last_two_supporter_turns() -> None:
    found = list(points([talk("uSuSuSuSu")]))
    assert [(point.turn, point.at, point.gold.text) for point in found] == [(1, 1, "S1"), (2, 3, "S3")]
    assert [turn.text for turn in found[1].history] == ["u0", "S1", "u2"]
    assert [point.id for point in found] == ["c-t1", "c-t2"]


def test_a_supporter_who_opens_is_cut_off_and_loses_the_last_turn() -> None:
    found = list(points([talk("SuSuSuS")]))
    assert [(point.turn, point.at, point.gold.text) for point in found] == [(1, 1, "S2"), (2, 3, "S4")]
    assert [turn.text for turn in found[0].history] == ["u1"]
    assert found[0].dialogue.turns[0].source == ("c", 1)


@pytest.mark.parametrize("letters", ["", "u", "S", "uS", "uSuS", "SuS", "Su", "uSu"])
def test_short_conversations_have_no_point(letters: str) -> None:
    assert list(points([talk(letters)])) == []


def test_messages_of_one_speaker_become_one_turn() -> None:
    one = merged(talk("uuSSuS"))
    assert [turn.text for turn in one.turns] == ["u0 u1", "S2 S3", "u4", "S5"]
    assert [turn.source for turn in one.turns] == [("c", 0), ("c", 2), ("c", 4), ("c", 5)]


@pytest.mark.parametrize(
    ("several", "kept"), [("each", ["A", "B", "A"]), ("first", ["A"]), ("last", ["A"]), ("none", [])]
)
def test_only_neighbouring_strategies_that_are_equal_become_one(several: Several, kept: list[str]) -> None:
    said = [Turn("system", "x", labels={"strategy": [name]}) for name in "AABBA"]
    (turn,) = merged(Dialogue("c", said), several).turns
    assert turn.labels == {"strategy": kept}
    assert [turn.labels["strategy"] for turn in said] == [["A"], ["A"], ["B"], ["B"], ["A"]]


def test_a_range_of_turns() -> None:
    found = points([talk("uS" * 12)], min_turn=3, max_turn=5)
    assert [(point.turn, len(point.history)) for point in found] == [(3, 5), (4, 7), (5, 9)]


@pytest.mark.parametrize(("first", "last"), [(0, None), (4, 3)])
def test_an_empty_range_is_refused(first: int, last: int | None) -> None:
    with pytest.raises(InputError, match="no turns from"):
        list(points([talk("uSuSuSu")], min_turn=first, max_turn=last))


@given(st.text("uS", max_size=40))
def test_histories_alternate_from_seeker_to_seeker(letters: str) -> None:
    for point in points([talk(letters)]):
        speakers = [turn.speaker for turn in point.history]
        assert len(speakers) == 2 * point.turn - 1
        assert speakers == ["user", "system"] * (point.turn - 1) + ["user"]
        assert point.gold.speaker == "system"


IDS = [f"c{number}" for number in range(300)]


@given(st.permutations(IDS[:40]), st.integers(0, 5))
def test_a_split_depends_on_ids_and_seed_only(order: list[str], seed: int) -> None:
    assert conversation_splits(order, seed=seed) == conversation_splits(IDS[:40], seed=seed)


def test_splits_by_count_and_by_share() -> None:
    for dev, test in ((30, 60), (0.1, 0.2)):
        places = list(conversation_splits([*IDS, *IDS], dev=dev, test=test, seed=1).values())
        assert [places.count(name) for name in ("train", "val", "test")] == [210, 30, 60]
    assert conversation_splits(IDS, seed=1) != conversation_splits(IDS, seed=2)


def test_splits_that_leave_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="leave none for training"):
        conversation_splits(IDS, dev=150, test=150)
    with pytest.raises(InputError, match="a share under 1"):
        conversation_splits(IDS, dev=1.0)
