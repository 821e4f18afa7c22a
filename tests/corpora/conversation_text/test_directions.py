"""Stage directions: what becomes a note, and what stays because it is said."""

from __future__ import annotations

import pytest
from conversation_strategies import SPEAKERS

from duologue.corpora.conversation_text import lost, parse_conversation


def read(message: str) -> tuple[str, list[str]]:
    text = f"SocBot: {message}\n\nUser: Right."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert lost(text, parsed) == []
    assert parsed.flags.n_turns == 2
    return parsed.turns[0].text, parsed.turns[0].notes


@pytest.mark.parametrize(
    ("message", "said", "notes"),
    [
        ("*sighs* I see.", "I see.", ["sighs"]),
        ("*sighs* i see", "i see", ["sighs"]),
        ("*Rolls eyes* Sure.", "Sure.", ["Rolls eyes"]),
        ("*visibly annoyed* No.", "No.", ["visibly annoyed"]),
        ("(laughs) Sure.", "Sure.", ["laughs"]),
        ("(angry) No.", "No.", ["angry"]),
        ("(Angry) No.", "No.", ["Angry"]),
        ("(very angry) you are wrong", "you are wrong", ["very angry"]),
        ("[pauses] no idea", "no idea", ["pauses"]),
        ("*sighs* (shakes head) No.", "No.", ["sighs", "shakes head"]),
        ("No. *shrugs*", "No.", ["shrugs"]),
        ("ok then *rolls eyes*", "ok then", ["rolls eyes"]),
        ("No way 😂 (laughs)", "No way 😂", ["laughs"]),
        ("*sighs*\nNo.\n(pauses for a moment...)", "No.", ["sighs", "pauses for a moment..."]),
        ('*smiles* "No."', "No.", ["smiles"]),
        ('"*smiles* No."', "No.", ["smiles"]),
    ],
)
def test_directions_at_the_edges_are_notes(message: str, said: str, notes: list[str]) -> None:
    assert read(message) == (said, notes)


@pytest.mark.parametrize(
    "message",
    [
        "*nods*",  # the whole message
        "(laughs)",
        "*Really* good.",
        "*Vaccines* Are fine.",  # emphasis, upper case, no act
        "**sighs** is bold.",
        "That is *crazy*",
        "That is *crazy*.",
        "I *never* said that.",
        "(Some) people think so.",
        "(I am joking) but fine.",
        "(a) first, (b) second",
        "It is free. (for members)",
        "It was there (see the map)",
        "[1] says so.",
        "[the map](https://x.y) says so.",
        "2 * 3 * 4",
        "*sighs*... whatever.",
        "Look [here]",
    ],
)
def test_what_is_said_stays(message: str) -> None:
    assert read(message) == (message, [])


def test_directions_of_merged_messages_stay_in_order() -> None:
    text = "User (sad): *sighs* One. (shrugs)\nUser: [laughs] Two.\nSocBot: Three."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert parsed.turns[0].text == "One.\nTwo."
    assert parsed.turns[0].notes == ["sad", "sighs", "shrugs", "laughs"]
    assert lost(text, parsed) == []
