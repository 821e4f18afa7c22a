"""What a typed line means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.cli.chat_commands import Message, Mistake, Pick, Vote, read_line
from duologue.corpora.strategies import EXTENDED


@pytest.mark.parametrize("line", ["/7", "/offer hope", "/Offer", "/strategy 7", "/s offer", " /offer hope "])
def test_a_strategy_by_number_or_name(line: str) -> None:
    assert read_line(line, EXTENDED) == Pick(EXTENDED["Offer Hope"])


@pytest.mark.parametrize("line", ["/none", "/0", "/strategy none"])
def test_none(line: str) -> None:
    assert read_line(line, EXTENDED) == Pick(None)


@pytest.mark.parametrize(
    "line", ["/16", "/-1", "/99999999999999999999", "/1.5", "/", "/no such", "/re", "/strategy 77"]
)
def test_what_makes_no_sense_is_told(line: str) -> None:
    assert isinstance(read_line(line, EXTENDED), Mistake)


def test_words_with_and_without_the_slash() -> None:
    assert read_line("quit", EXTENDED) == read_line("/quit", EXTENDED) == read_line("/q", EXTENDED) == "quit"
    assert read_line("Reset", EXTENDED) == read_line("/reset", EXTENDED) == "reset"
    assert read_line("/b", EXTENDED) == read_line("/right", EXTENDED) == Vote(1)
    assert read_line("", EXTENDED) == "nothing"
    assert read_line("I quit my job", EXTENDED) == Message("I quit my job")
    assert read_line("3", EXTENDED) == Message("3")


@given(st.text())
def test_no_line_crashes(line: str) -> None:
    read_line(line, EXTENDED)
    read_line(f"/{line}", EXTENDED)
