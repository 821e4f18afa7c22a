"""Labels that name neither side: a third speaker, or part of a message."""

from __future__ import annotations

import pytest
from conversation_strategies import SPEAKERS

from duologue.corpora.conversation_text import lost, parse_conversation


def test_a_name_that_comes_back_after_another_speaker_is_a_speaker() -> None:
    text = "User: One.\nEvil Twin: Two.\nSocBot: Three.\nEvil Twin: Four.\nMore.\nUser: Five."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert [turn.text for turn in parsed.turns] == ["One.", "Three.", "Five."]
    assert parsed.flags.unknown_speaker == ["Evil Twin"]
    assert parsed.rest == ["Two.", "Four.", "More."]
    assert lost(text, parsed) == []


def test_a_narrator_is_a_speaker_at_once() -> None:
    parsed = parse_conversation("User: One.\n\nNarrator: They sit.\n\nSocBot: Two.", speakers=SPEAKERS)
    assert parsed.flags.unknown_speaker == ["Narrator"]
    assert parsed.rest == ["They sit."]


def test_brackets_make_a_label_where_the_known_ones_have_them() -> None:
    text = "(user) One.\n(friend) Two.\n(socbot) Three.\n(friend) Four."
    assert parse_conversation(text, speakers=SPEAKERS).flags.unknown_speaker == ["friend"]
    text = "User: One.\n(friend) Two.\nSocBot: Three.\n(friend) Four."
    assert parse_conversation(text, speakers=SPEAKERS).flags.unknown_speaker == []


@pytest.mark.parametrize(
    "message",
    [
        "Myth: it is flat.\nFact: it is round.\nMyth: it is old.",
        "Pros: cheap.\nCons: slow.",
        "Bottom Line: no.",
        "Reminder: drink water.\nReminder: sleep.",
        "my point: none.\nmy point: again.",
        "Then he said: no.",
        "Aspirin: one a day.\nAspirin: never two.",
    ],
)
def test_remarks_inside_a_message_are_said(message: str) -> None:
    parsed = parse_conversation(f"User: Hm?\n\nSocBot: Look.\n{message}\n\nUser: Ok.", speakers=SPEAKERS)
    assert parsed.flags.unknown_speaker == []
    assert parsed.turns[1].text == f"Look.\n{message}"


def test_a_remark_that_comes_back_in_another_message_is_said() -> None:
    text = "User: Note: x.\nSource: a.\nSocBot: Hm.\nSource: b.\nNote: y.\nUser: PS.\nNote: z."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert parsed.flags.unknown_speaker == []
    assert parsed.flags.n_turns == 3


@pytest.mark.parametrize("line", ["Note To Self: x.", "Quick Note: x.", "Score:3", "Score:3:1 at half time"])
def test_a_line_in_two_messages_that_is_no_label(line: str) -> None:
    text = f"User: One.\n{line}\nSocBot: Two.\n{line}\nUser: Three."
    assert parse_conversation(text, speakers=SPEAKERS).flags.unknown_speaker == []


def test_directions_on_their_own_lines_are_no_speakers() -> None:
    text = "(user) One.\n(laughs) Ha.\n(socbot) Two.\n(laughs) Ha.\n(user) Three."
    assert parse_conversation(text, speakers=SPEAKERS).flags.unknown_speaker == []


def test_before_the_first_label_all_is_preamble() -> None:
    text = "Title: Moon\nSetting: a bar\nNarrator: Night.\n\nUser: One.\nSocBot: Two."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert parsed.preamble == "Title: Moon\nSetting: a bar\nNarrator: Night."
    assert parsed.flags.unknown_speaker == []


def test_a_conversation_of_others_is_no_conversation() -> None:
    parsed = parse_conversation("Alice: One.\nBob: Two.\nAlice: Three.\nBob: Four.", speakers=SPEAKERS)
    assert parsed.turns == []
    assert parsed.flags.unknown_speaker == ["Alice", "Bob"]
