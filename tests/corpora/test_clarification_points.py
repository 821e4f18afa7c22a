"""Clarification points: which turns are instances, what each knows, and where its trajectory ends."""

from __future__ import annotations

import pytest

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT, REFERENCES, action_of, references
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.errors import InputError


def asked(text: str, intent: str | None = None) -> Turn:
    return Turn("user", text, labels={INTENT: [intent]} if intent else {})


def does(action: str, text: str, *others: str) -> Turn:
    return Turn("system", text, labels={ACTION: [action]} | ({REFERENCES: list(others)} if others else {}))


def conversation() -> Dialogue:
    turns = [
        asked("Total sales?", "Total sales?"),
        does(CLARIFY, "Which year?"),
        asked("2019", "Total sales in 2019?"),
        does(ANSWER, "1,496.5", "$1,496.5"),
        asked("And Other?", "Other in 2019?"),
        does(ANSWER, "44.1"),
        asked("Thanks"),
        Turn("system", "You are welcome."),
    ]
    return Dialogue("c", turns, grounding=Grounding(table=[["Total", "1,496.5"]]), facts={"goal_type": "drop"})


def test_each_labelled_turn_is_an_instance_with_its_own_goal() -> None:
    found = list(instances([conversation()]))
    assert [(one.id, one.action, one.goal) for one in found] == [
        ("c-1", CLARIFY, "1,496.5"),
        ("c-3", ANSWER, "1,496.5"),
        ("c-5", ANSWER, "44.1"),
    ]
    assert found[0].references == ("1,496.5", "$1,496.5")
    assert {one.goal_type for one in found} == {"drop"}


def test_the_intent_of_an_ambiguous_question_is_what_the_user_turns_out_to_mean() -> None:
    assert [one.intent for one in instances([conversation()])] == [
        "Total sales in 2019?", "Total sales in 2019?", "Other in 2019?",
    ]  # fmt: skip


def test_a_trajectory_goes_up_to_the_next_answer_and_no_later_answer_is_in_a_history() -> None:
    found = list(instances([conversation()]))
    assert [[turn.text for turn in one.trajectory] for one in found] == [
        ["Which year?", "2019", "1,496.5"], ["1,496.5"], ["44.1"],
    ]  # fmt: skip
    for one in found:
        assert one.history[-1].speaker == "user"
        assert one.goal not in [turn.said for turn in one.history]


def test_a_question_that_is_never_answered_has_no_goal() -> None:
    (one,) = instances([Dialogue("c", [asked("When?"), does(CLARIFY, "When what?"), asked("never mind")])])
    assert (one.goal, one.references, one.goal_type, one.intent) == (None, (), None, None)
    assert [turn.text for turn in one.trajectory] == ["When what?", "never mind"]


def test_the_intent_of_a_conversation_stands_in_where_turns_have_none() -> None:
    dialogue = Dialogue("c", [asked("When?"), does(ANSWER, "Now")], facts={"intent": "when it starts"})
    assert [one.intent for one in instances([dialogue])] == ["when it starts"]


def test_only_what_comes_before_decides_the_state() -> None:
    one, other = conversation(), conversation()
    other.id, other.turns[2] = "d", asked("2018")
    first, second = ([instance.state for instance in instances([each])] for each in (one, other))
    assert first[0] == second[0]
    assert first[1] != second[1]
    other.grounding = None
    assert next(instances([other])).state != first[0]


def test_what_no_user_asked_for_and_what_has_no_action_is_no_instance() -> None:
    dialogue = Dialogue("c", [does(ANSWER, "Hello"), asked("Hi"), Turn("system", "Yes?")])
    assert list(instances([dialogue])) == []


@pytest.mark.parametrize(
    ("labels", "facts", "line"),
    [
        (["refuse"], {}, "dialogue c, turn 1: unknown action 'refuse'; known are clarify, answer"),
        (["clarify", "answer"], {}, "dialogue c, turn 1: a turn with 2 actions: clarify, answer; leave it one"),
        (["answer"], {"goal_type": "bleu"}, "dialogue c, facts, goal_type: unknown goal type 'bleu'; known are drop,"),
    ],
)
def test_bad_labels_are_told_in_one_line(labels: list[str], facts: dict[str, str], line: str) -> None:
    dialogue = Dialogue("c", [asked("Hi"), Turn("system", "Yes?", labels={ACTION: labels})], facts=dict(facts))
    with pytest.raises(InputError) as error:
        list(instances([dialogue]))
    assert str(error.value).startswith(line)


def test_a_turn_without_labels_has_no_action_and_one_reference() -> None:
    turn = Turn("system", "Yes", labels={REFERENCES: ["Yes", "Sure"]})
    assert action_of(turn) is None
    assert references(turn) == ("Yes", "Sure")
