"""Labels: every style that models write, and what only looks like one."""

from __future__ import annotations

import pytest
from conversation_strategies import MOOD_STYLES, SPEAKERS, STYLES

from duologue.corpora.conversation_text import lost, parse_conversation

SAID = [("system", "It was at 10:30."), ("user", "No *way*, see https://x.y!"), ("system", "Fine.")]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize("style", STYLES)
def test_a_style_of_label(style: str, gap: str) -> None:
    names = {"system": "SocBot", "user": "USER"}
    text = gap.join(style.format(names[speaker]) + said for speaker, said in SAID)
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert [(turn.speaker, turn.text) for turn in parsed.turns] == SAID
    assert parsed.flags.starts_with_bot
    assert not parsed.flags.unknown_speaker
    assert lost(text, parsed) == []


@pytest.mark.parametrize("style", MOOD_STYLES)
def test_mood_words_at_the_label_become_notes(style: str) -> None:
    text = style.format("User", "rather sarcastic") + "How nice.\n\nSocBot: Thanks!"
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert parsed.turns[0].text == "How nice."
    assert parsed.turns[0].notes == ["rather sarcastic"]
    assert parsed.turns[1].notes == []


@pytest.mark.parametrize(
    "line",
    [
        "Users: they all say so.",
        "User://share/folder is full.",
        "User-friendly it is not.",
        "user names are public - by law.",
        "The user: unknown.",
        "SocBot is a fool: see above.",
        "User - I mean the person - is right.",
        "@user: look at that.",
        "User",
        "(user manual) not found.",
        "(user)s everywhere.",
        "https://socbot: 80",
        "10:30 it was.",
        "Note: nothing.",
        "PS: nothing.",
        "Fact: nothing.",
    ],
)
def test_a_line_that_only_looks_like_a_label(line: str) -> None:
    parsed = parse_conversation(f"SocBot: Hm.\n{line}\nUser: Well.", speakers=SPEAKERS)
    assert [turn.text for turn in parsed.turns] == [f"Hm.\n{line}", "Well."]
    assert not parsed.flags.unknown_speaker


def test_mixed_styles_in_one_text() -> None:
    text = (
        'User: "Quoted."\n"SocBot: Hello."\n<user>Hi!</user>\n**SocBot: Bold line.**\n> User: one\n> two\n[SocBot] Ok.'
    )
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert [turn.text for turn in parsed.turns] == ["Quoted.", "Hello.", "Hi!", "Bold line.", "one\ntwo", "Ok."]
    assert lost(text, parsed) == []


@pytest.mark.parametrize("text", ["User - one.\nUser - two.", "@User: one.\n@user: two.", "User\nOne.\nUser\nTwo."])
def test_weak_labels_of_one_side_only_are_none(text: str) -> None:
    assert parse_conversation(text, speakers=SPEAKERS).turns == []


def test_aliases_of_several_words_and_odd_characters() -> None:
    speakers = {"the user (you)": "user", "Bot+": "system", "用户": "user", "C-3": "system"}
    text = "The  User (you): a.\nbot+: b.\n用户：c.\nC-3 - d.\nC-3: e."
    parsed = parse_conversation(text, speakers=speakers)
    assert [turn.text for turn in parsed.turns] == ["a.", "b.", "c.\nC-3 - d.", "e."]


@pytest.mark.parametrize("written", ["Straße", "straße", "STRASSE", "Strasse"])
def test_case_does_not_matter_in_any_language(written: str) -> None:
    parsed = parse_conversation(f"{written}: a.\nΣΊΣΥΦΟΣ: b.", speakers={"Straße": "user", "Σίσυφος": "system"})
    assert [(turn.speaker, turn.text) for turn in parsed.turns] == [("user", "a."), ("system", "b.")]


def test_the_longest_alias_wins() -> None:
    parsed = parse_conversation("Bot A: x.\nBot: y.", speakers={"Bot": "user", "Bot A": "system"})
    assert [(turn.speaker, turn.text) for turn in parsed.turns] == [("system", "x."), ("user", "y.")]
