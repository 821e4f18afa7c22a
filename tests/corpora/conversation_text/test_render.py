"""The canonical form is what the parser reads back."""

from __future__ import annotations

import pytest
from conversation_strategies import SPEAKERS, Written, written_conversations
from hypothesis import given, settings

from duologue.corpora.conversation_text import ParsedTurn, parse_conversation, render_conversation
from duologue.errors import InputError


def test_the_published_form() -> None:
    turns = [ParsedTurn("user", "One.\nMore.", ["angry"]), ParsedTurn("system", "Two.")]
    assert render_conversation(turns, SPEAKERS) == "User: One.\nMore.\n\nSocBot: Two."
    assert render_conversation(turns, SPEAKERS, notes=True) == "User (angry): One.\nMore.\n\nSocBot: Two."
    assert render_conversation([], SPEAKERS) == ""


def test_a_speaker_without_a_name() -> None:
    with pytest.raises(InputError, match="turn 0: no name for the speaker 'system'"):
        render_conversation([ParsedTurn("system", "x")], {"User": "user"})


@given(written_conversations())
@settings(max_examples=200)
def test_what_is_rendered_reads_back(written: Written) -> None:
    assert parse_conversation(render_conversation(written.turns, SPEAKERS, notes=True), speakers=SPEAKERS).turns == (
        written.turns
    )
    said = [ParsedTurn(turn.speaker, turn.text) for turn in written.turns]
    assert parse_conversation(render_conversation(written.turns, SPEAKERS), speakers=SPEAKERS).turns == said
