"""What of an answer is the reply: echoes in front are cut off, words and case stay, a named strategy is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.conversation_text.reply import cleaned, leaks

SAID = "I hear you, Anna. Your Affirmation of hope counts."


@pytest.mark.parametrize(
    "answer",
    [
        SAID,
        f"  {SAID}\n",
        f"assistant: {SAID}",
        f"Assistant: {SAID}",
        f"assistant\n\n{SAID}",
        f"**Assistant:** {SAID}",
        f"[Supporter] {SAID}",
        f"Supporter (Offer Hope): {SAID}",
        f'assistant: "{SAID}"',
        f"assistant: <{SAID}>",
        f"“{SAID}”",
        f"Here is my next turn:\n\nassistant: {SAID}",
        f'Sure, here\'s a response that uses the "Offer Hope" strategy:\n\n"{SAID}"',
        f'"Offer Hope" strategy: {SAID}',
        f"**Offer Hope:** {SAID}",
        f"[Offer Hope] {SAID}",
        f"(offer hope) {SAID}",
        f"assistant: assistant: {SAID}",
    ],
)
def test_echoes_before_and_around_the_reply_are_cut_off(answer: str) -> None:
    assert cleaned(answer, "Offer Hope") == SAID


@pytest.mark.parametrize(
    "answer",
    [
        "Here is what I think: rest first.",
        "I said to my assistant: go home.",
        "You are a friend. A friend: someone who stays.",
        '"Why me?" is what you ask, and "why now?" too.',
        "Offer Hope to yourself, then to others.",
        "Answering that takes time.",
        "Hope.",
    ],
)
def test_what_is_part_of_the_reply_stays(answer: str) -> None:
    assert cleaned(answer, "Offer Hope") == answer


def test_nothing_but_an_echo_is_no_reply() -> None:
    assert cleaned("assistant", "Offer Hope") == cleaned("assistant:", "Offer Hope") == ""


@given(st.text(), st.sampled_from(["Offer Hope", "Information", "Self-disclosure"]))
def test_the_reply_is_always_a_part_of_the_answer(answer: str, strategy: str) -> None:
    reply = cleaned(answer, strategy)
    assert reply in answer
    assert cleaned(reply, strategy) == reply


def test_a_named_strategy_is_told_in_the_words_of_the_reply() -> None:
    assert leaks("I want to offer hope, and OFFER HOPE again.", "Offer Hope") == ["offer hope", "OFFER HOPE"]
    assert leaks("Some self disclosure here.", "Self-disclosure") == ["self disclosure"]
    assert leaks("I have some information for you.", "Information") == []
    assert leaks('As "Information" says, the Information strategy.', "Information") == [
        '"Information"',
        "Information strategy",
    ]
    assert leaks("Hopeful offers.", "Offer Hope") == []
