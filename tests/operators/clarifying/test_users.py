"""What a simulated user may not say, and what it may although it looks alike."""

from __future__ import annotations

import pytest
from clarify_talk import table_talk

from duologue.corpora.actions import ACTION, CLARIFY, INTENT
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Turn
from duologue.operators.clarifying.users import answer_kept, read_reply
from duologue.operators.gates import Verdict
from duologue.prompts.ask import Answer

STATE = next(instances([table_talk(0)]))
SAID = [*STATE.history, Turn("system", "Which year do you mean?")]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("2019.", "2019."),
        ("User: I mean 2019.", "I mean 2019."),
        ('"2019"', "2019"),
        ("Not 2018.", "Not 2018."),
        ("In 2019, in Arlen.", "In 2019, in Arlen."),
    ],
)
def test_a_message_of_the_user_is_taken(said: str, text: str) -> None:
    assert read_reply(Answer(said, "k", "stop"), instance=STATE, said=SAID, intent=str(STATE.intent)) == text


@pytest.mark.parametrize(
    ("said", "gate"),
    [
        ("Assistant: 60 million", "speaks-for-agent"),
        ("2019.\n\n**Assistant:** 60 million", "speaks-for-agent"),
        ("So 60 million, right?", "answer-told"),
        ("What were the sales in Arlen?", "message-repeated"),
        ("which year do you mean?", "message-repeated"),
        ("…", "empty-message"),
    ],
)
def test_a_message_that_the_user_may_not_write_is_a_verdict(said: str, gate: str) -> None:
    found = read_reply(Answer(said, "k", "stop"), instance=STATE, said=SAID, intent=str(STATE.intent))
    assert isinstance(found, Verdict)
    assert found.gate == gate


def test_an_earlier_request_may_have_had_the_same_reply() -> None:
    talk = table_talk(0)
    talk.turns += [
        Turn("user", "And in Elsewhere?", labels={INTENT: ["What were the sales in Elsewhere in 2019?"]}),
        Turn("system", "Which year do you mean?", labels={ACTION: [CLARIFY]}),
    ]
    state = list(instances([talk]))[3]
    said = [*state.history, Turn("system", "Which year?")]
    told = read_reply(Answer("2019, please.", "k", "stop"), instance=state, said=said, intent=str(state.intent))
    assert told == "2019, please."
    again = [*said, Turn("user", "2019, please."), Turn("system", "Which town?")]
    told = read_reply(Answer("2019, please.", "k", "stop"), instance=state, said=again, intent=str(state.intent))
    assert isinstance(told, Verdict)
    assert told.gate == "message-repeated"


def test_a_cut_message_is_none_and_one_who_cannot_tell_may_say_so_twice() -> None:
    cut = read_reply(Answer("I mean the", "k", "length"), instance=STATE, said=SAID, intent="x")
    assert isinstance(cut, Verdict)
    again = [*SAID, Turn("user", "I cannot tell."), Turn("system", "Really?")]
    answer = Answer("I cannot tell.", "k", "stop")
    assert read_reply(answer, instance=STATE, said=again, intent="x", manner="unknowing") == "I cannot tell."
    assert isinstance(read_reply(answer, instance=STATE, said=again, intent="x"), Verdict)


def test_an_answer_is_told_unless_it_is_known_or_everybodys() -> None:
    assert not answer_kept("It was Rosa Lane.", ["Rosa Lane"], "Who was it?").passed
    assert answer_kept("Rosa Lane or Ida?", ["Rosa Lane"], "Rosa Lane or Ida").passed
    assert answer_kept("Yes, her mother.", ["Yes"], "").passed
    assert answer_kept("In 1912.", ["12"], "").passed
