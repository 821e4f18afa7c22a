"""What stands before and after a conversation, and what only shapes the page."""

from __future__ import annotations

import pytest
from conversation_strategies import SPEAKERS

from duologue.corpora.conversation_text import lost, parse_conversation

TALK = "User: One.\n\nSocBot: Two."


@pytest.mark.parametrize(
    "epilogue",
    [
        "(end of conversation)",
        "[END]",
        "**The end.**",
        "<end of dialogue>",
        "--- End of conversation ---",
        "Conversation ended.",
        "---",
        "* * *",
        "```",
        "---\nI hope you like it.",
        "Let me know if you'd like me to go on!",
        "(Note: This dialogue is made up.)",
        "*This conversation follows the profile.*",
        "I hope this helps.\n\nDisposition: amiable",
        "Motivation: to vent",
        "[End]\n\nConversation 2\n\nUser: Three.\nSocBot: Four.",
    ],
)
def test_the_epilogue(epilogue: str) -> None:
    text = f"{TALK}\n\n{epilogue}"
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert [turn.text for turn in parsed.turns] == ["One.", "Two."]
    assert parsed.epilogue == epilogue
    assert lost(text, parsed) == []


@pytest.mark.parametrize(
    "more",
    [
        "Let me know if I can help.",  # same paragraph: the bot says so
        "\nMaybe at the end.",
        "\nNote: it rains.",
        "\nHere it rains.",
        "It's the end of the conversation for me, I think.",
        "I'm right (end of discussion)",
    ],
)
def test_what_is_said_at_the_end_is_no_epilogue(more: str) -> None:
    parsed = parse_conversation(f"{TALK}\n{more}", speakers=SPEAKERS)
    assert parsed.epilogue == ""
    assert parsed.turns[1].text == f"Two.\n{more.strip()}"


def test_an_end_mark_behind_the_last_message() -> None:
    parsed = parse_conversation(f"{TALK} (end of conversation)", speakers=SPEAKERS)
    assert parsed.turns[1].text == "Two."
    assert parsed.epilogue == "(end of conversation)"


def test_rules_and_turn_numbers_between_messages_are_markup() -> None:
    text = "# Talk\n\n**Turn 1**\n\nUser: One.\n---\nSocBot: Two.\n\n## Turn 2 of 8\nUser: Three.\n* * *\nSocBot: Four."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert [turn.text for turn in parsed.turns] == ["One.", "Two.", "Three.", "Four."]
    assert [text[p.start : p.end] for p in parsed.pieces if p.kind == "markup"] == ["---", "## Turn 2 of 8", "* * *"]


def test_a_fenced_conversation() -> None:
    parsed = parse_conversation(f"Here you are:\n```text\n{TALK}\n```\nEnjoy!", speakers=SPEAKERS)
    assert parsed.preamble == "Here you are:\n```text"
    assert parsed.epilogue == "```\nEnjoy!"
    assert parsed.flags.n_turns == 2


def test_paragraphs_in_the_middle_are_said() -> None:
    text = "User: One.\n\nI hope this is clear.\n\nLet me know if not.\n\nSocBot: Two."
    assert (
        parse_conversation(text, speakers=SPEAKERS).turns[0].text == "One.\nI hope this is clear.\nLet me know if not."
    )
