"""Every gate: what passes, what does not, and the evidence it gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.operators import backstory, reaction
from duologue.operators.gates import (
    Verdict,
    clean,
    first_failure,
    fuzzy_ratio,
    no_loop,
    no_question,
    not_empty,
    original_in_reaction,
    requestable_leak,
    token_overlap,
    unchanged,
    whole,
)
from duologue.prompts.ask import Answer

RESPONSE = "The Oak has three rooms free . Shall I book one ?"


def said(text: str, finish_reason: str = "stop") -> Answer:
    return Answer(text, "key", finish_reason)


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Happy birthday to her!", None),
        ("Call 01223456789 when you are there.", "phone number: '01223456789'"),
        ("Room 123456789 sounds nice.", None),
        ("It lies on Mill Road in town.", "address: 'road'"),
        ("What a road!", None),
        ("It is at cb21ab now.", "postcode: 'cb21ab'"),
        ("Your reference is there.", "reference: 'reference'"),
        ("A reference, at last.", "reference: 'reference'"),
        ("She has many preferences.", None),
        ("Take TR1234 home.", "train id: 'tr1234'"),
        ("Enjoy the Oak, it is lovely.", None),
    ],
)
def test_requestable_leak(text: str, leak: str | None) -> None:
    verdict = requestable_leak(text)
    assert verdict.passed is (leak is None)
    assert (leak or "") in verdict.evidence


def test_token_overlap() -> None:
    assert token_overlap("a b c d", "a e f g").passed  # 1 of 7
    assert token_overlap("a b c d e", "a b").passed is False  # 2 of 5
    assert token_overlap("a b c", "a b d e").passed is False  # 2 of 5
    assert token_overlap("a b c d", "a").passed  # exactly .25
    assert token_overlap("Oak oak", "OAK").passed, "case counts"
    assert "Jaccard 0.40 > 0.25 with the response (shared: a, b)" in token_overlap("a b c", "a b d e").evidence


def test_fuzzy_ratio_is_rounded_as_the_published_one() -> None:
    # Indel similarity: 100 * (1 - distance / (len + len)).
    assert fuzzy_ratio("abcd", "abxy").passed  # 50
    verdict = fuzzy_ratio("abcd", "abcx")  # 75
    assert not verdict.passed
    assert "ratio 75 > 50" in verdict.evidence
    assert fuzzy_ratio("a" * 202, "a" * 51 + "b" * 151).passed  # 25.2
    assert fuzzy_ratio("a" * 101 + "b" * 99, "a" * 101 + "c" * 99).passed  # 50.5 rounds to 50
    assert not fuzzy_ratio("a" * 103 + "b" * 97, "a" * 103 + "c" * 97).passed  # 51.5


def test_original_in_reaction() -> None:
    assert original_in_reaction("Done .", "Well done !").passed
    verdict = original_in_reaction("Done .", "Lovely. Done . Enjoy.")
    assert not verdict.passed
    assert "'Done .'" in verdict.evidence


def test_unchanged_shows_where_it_differs() -> None:
    assert unchanged("utterance-changed", " A room . ", "A room .").passed
    verdict = unchanged("utterance-changed", "A room up north .", "A room up south .")
    assert not verdict.passed
    assert verdict.evidence.startswith("at character 10:")
    assert unchanged("utterance-changed", "A room.", "a room.").passed is False
    assert "at character 6:" in unchanged("x", "A room", "A room .").evidence


def test_whole_and_not_empty() -> None:
    assert whole(said("I was born")).passed
    assert whole(said("I was born", "length"), complete=True).passed
    assert "'I was born'" in whole(said("I was born", "length")).evidence
    assert not whole(said("I was born", "length")).passed
    assert not_empty("backstory", "Yes.").passed
    assert not not_empty("backstory", " ... ").passed


@pytest.mark.parametrize(
    "text", ["<b", "a ** b", "Reaction: yes", "one\ntwo", "[END]", "User: hi", "{x}", "an `x`", "a_b", "x + y"]
)
def test_markup_is_caught(text: str) -> None:
    verdict = clean("backstory", text)
    assert verdict.gate == "backstory-markup"
    assert not verdict.passed
    assert repr(text) in verdict.evidence


@pytest.mark.parametrize("text", ["Ann's 30th - a surprise, at 18:30!", "My £5 (well, €6) are gone; so what…"])
def test_plain_text_is_clean(text: str) -> None:
    assert clean("backstory", text).passed


def test_questions() -> None:
    assert no_question("reaction", "How nice!").passed
    assert no_question("reaction", "How old is she?").gate == "reaction-question"
    assert not no_question("reaction", "How old is she?").passed


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("It was very, very, very good.", True),
        ("very very very very good", False),
        ("so good so good we left", True),
        ("so good so good so good we left", False),
        ("I am happy to go. I am happy to go.", False),
        ("I am happy to go and I am happy to stay.", True),
        ("Ha", True),
        ("", True),
    ],
)
def test_loops(text: str, passes: bool) -> None:
    assert no_loop("backstory", text).passed is passes


@given(st.lists(st.text("abcdefgh", min_size=1), min_size=4, max_size=12), st.integers(0, 3))
def test_a_sentence_said_twice_running_is_always_a_loop(words: list[str], extra: int) -> None:
    assert not no_loop("x", " ".join([*words[:extra], *words, *words])).passed


@given(st.text(), st.text())
def test_gates_take_any_text(original: str, text: str) -> None:
    for verdict in (*reaction.text_gates(text, original), *backstory.text_gates(text, {})):
        assert isinstance(verdict, Verdict)
        assert verdict.passed or verdict.evidence


@pytest.mark.parametrize(
    ("answer", "gate"),
    [
        ("**A room .** + <Backstory: My sister turns 30.>", None),
        ("Sure! **A room .** + <Backstory: My sister turns 30.", None),
        ("**A room .**", "user-structure"),
        ("**A room .** + Backstory: My sister turns 30.", "user-structure"),
        ("**A room .** + <Backstory: x> **A room .** + <Backstory: y>", "user-structure"),
        ("**A big room .** + <Backstory: My sister turns 30.>", "utterance-changed"),
        ("**A room .** + <My sister turns 30.>", "missing-label"),
        ("**A room .** + <Backstory: >", "empty-backstory"),
        ("**A room .** + <Backstory: <b My sister.>", "backstory-markup"),
        ("**A room .** + <Backstory: I know I know I know you.>", "backstory-loop"),
        ("**A room .** + <Backstory: Is it far?>", "backstory-question"),
        ("**A room .** + <Backstory: We meet in the south.>", "new-constraint"),
    ],
)
def test_a_backstorys_answer(answer: str, gate: str | None) -> None:
    read = backstory.read_backstory(said(answer), "A room .", {"area": {"north"}})
    assert read == "My sister turns 30." if gate is None else isinstance(read, Verdict) and read.gate == gate


def test_an_answer_cut_by_its_length_is_no_backstory() -> None:
    answer = said("**A room .** + <Backstory: My sister turns", "length")
    read = backstory.read_backstory(answer, "A room .", {})
    assert isinstance(read, Verdict)
    assert read.gate == "cut-by-length"
    run_on = said("**A room .** + <Backstory: My sister turns 30.> and so on", "length")
    assert backstory.read_backstory(run_on, "A room .", {}) == "My sister turns 30."


@pytest.mark.parametrize(
    ("answer", "gate"),
    [
        (f"<Reaction: Happy birthday to her!> + **{RESPONSE}**", None),
        (f"<Reaction: Happy birthday to her!> **{RESPONSE}**", "system-structure"),
        (f"<Reaction: Happy birthday to her!> + **{RESPONSE}** <x> + **{RESPONSE}**", "system-structure"),
        ("<Reaction: Happy birthday to her!> + **The Oak .**", "response-changed"),
        (f"<Happy birthday to her!> + **{RESPONSE}**", "missing-label"),
        (f"<Reaction: > + **{RESPONSE}**", "empty-reaction"),
        (f"<Reaction: Call 01223456789.> + **{RESPONSE}**", "requestable-leak"),
        (f"<Reaction: The Oak has three rooms free for you> + **{RESPONSE}**", "token-overlap"),
        (f"<Reaction: TheOak hasthree roomsfree, shall-I bookone> + **{RESPONSE}**", "fuzzy-ratio"),
        (f"<Reaction: How old is she now?> + **{RESPONSE}**", "reaction-question"),
        (f"<Reaction: *Happy birthday*> + **{RESPONSE}**", "reaction-markup"),
    ],
)
def test_a_reactions_answer(answer: str, gate: str | None) -> None:
    read = reaction.read_reaction(said(answer), RESPONSE)
    assert read == "Happy birthday to her!" if gate is None else isinstance(read, Verdict) and read.gate == gate


def test_a_short_response_within_a_long_reaction() -> None:
    long = "What a lovely plan, and how kind of you to think of it, Yes , and all the best to your family and you !"
    read = reaction.read_reaction(said(f"<Reaction: {long}> + **Yes , and**"), "Yes , and")
    assert isinstance(read, Verdict)
    assert read.gate == "original-in-reaction"


def test_gates_after_the_first_failure_are_not_looked_at() -> None:
    def verdicts() -> Iterator[Verdict]:
        yield Verdict("one", True)
        yield Verdict("two", False, "why")
        raise AssertionError

    assert first_failure(verdicts()) == Verdict("two", False, "why")
    assert first_failure([Verdict("one", True)]) is None
