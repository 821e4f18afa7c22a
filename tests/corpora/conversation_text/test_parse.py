"""The whole parser: flags, the seed message, cut answers, properties over any text."""

from __future__ import annotations

import pytest
from conversation_strategies import FRAGMENTS, HARD, OPENINGS, SPEAKERS, Written, fragment_texts, written_conversations
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora.conversation_text import ParsedTurn, Piece, lost, parse_conversation
from duologue.dialogue import Speaker
from duologue.errors import InputError


def test_a_conversation_as_models_write_it() -> None:
    text = (
        "Sure! Here are 8 turns:\n\n"
        "User: They put chips in the vaccine!\n\n"
        "SocBot: (calm) I see why that worries you.\nWhere did you read it?\n\n"
        "User (sarcastic): *rolls eyes* Oh, you're one of those…\n\n"
        "SocBot: No. \ufffd\ufffd\n\nSocBot: I only ask.\n\n"
        "User:\n\n(end of conversation)"
    )
    parsed = parse_conversation(text, speakers=SPEAKERS, seed="They put chips in the vaccine")
    assert parsed.turns == [
        ParsedTurn("system", "I see why that worries you.\nWhere did you read it?", ["calm"]),
        ParsedTurn("user", "Oh, you're one of those…", ["sarcastic", "rolls eyes"]),
        ParsedTurn("system", "No. \ufffd\ufffd\nI only ask."),
    ]
    assert parsed.preamble == "Sure! Here are 8 turns:"
    assert parsed.epilogue == "(end of conversation)"
    assert parsed.rest == ["They put chips in the vaccine!"]
    flags = parsed.flags
    assert (flags.starts_with_bot, flags.alternates, flags.n_turns) == (True, False, 3)
    assert (flags.repeats_seed, flags.merged, flags.empty) == (True, [2], 1)
    assert lost(text, parsed) == []


def test_messages_over_the_limit() -> None:
    text = f"User: {'x' * 281}\nSocBot: {'y' * 280}"
    assert parse_conversation(text, speakers=SPEAKERS).flags.over_limit == [0]
    assert parse_conversation(text, speakers=SPEAKERS, limit=100).flags.over_limit == [0, 1]


@pytest.mark.parametrize(
    ("block", "repeats"),
    [
        ("User: The moon is hollow!", True),
        ('User: "the moon is HOLLOW"', True),
        ("The moon is hollow", True),
        ("Sure, here:\n\nThe moon is hollow.", True),
        ("SocBot: The moon is hollow?", True),
        ("User: The moon is holow!", True),
        ("User: The moon is not hollow at all!", False),
        ("User: The moon is hollow! Everyone knows.", False),
    ],
)
def test_a_first_block_that_repeats_the_seed(block: str, repeats: bool) -> None:
    text = f"{block}\n\nSocBot: Why so?\n\nUser: The moon is hollow."
    parsed = parse_conversation(text, speakers=SPEAKERS, seed="The moon is hollow!")
    assert parsed.flags.repeats_seed is repeats
    assert parsed.turns[-1].text == "The moon is hollow.", "later repetitions are said"
    assert parsed.flags.n_turns == 2 if repeats else 3
    assert lost(text, parsed) == []


def test_a_seed_of_emoji() -> None:
    text = "User: 😡😡\nSocBot: Why so?"
    assert parse_conversation(text, speakers=SPEAKERS, seed="😡😡").flags.repeats_seed
    assert not parse_conversation(text, speakers=SPEAKERS, seed="😂").flags.repeats_seed


@pytest.mark.parametrize(
    ("tail", "unfinished", "said"),
    [
        ("SocBot: Sure. I think we", "I think we", "Sure. I think we"),
        ("SocBot: I think we", "I think we", "I think we"),
        ("SocBot: Sure. I think so!", "", "Sure. I think so!"),
        ("SocBot: Sure 😂", "", "Sure 😂"),
        ("SocBot: It is 3.5 or", "It is 3.5 or", "It is 3.5 or"),
        ("SocBot: Sure.\n\nUser:", "", "Sure."),
        ("SocBot: Sure.\n\n**Us", "", "Sure."),
        ("SocBot: Sure.\nUs", "Us", "Sure.\nUs"),
        ("SocBot: I think\n\nUser:", "", "I think"),
        ("SocBot: Sure.\n\n---\nI hope", "", "Sure."),
    ],
)
def test_a_cut_answer(tail: str, unfinished: str, said: str) -> None:
    text = f"User: One.\n\n{tail}"
    parsed = parse_conversation(text, speakers=SPEAKERS, truncated=True)
    assert parsed.flags.truncated
    assert parsed.flags.unfinished == unfinished
    assert parsed.turns[-1].text == said
    assert lost(text, parsed) == []
    whole = parse_conversation(text, speakers=SPEAKERS).flags
    assert (whole.truncated, whole.unfinished) == (False, "")


def test_an_alias_for_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="the alias 'Tool' stands for 'tool'"):
        parse_conversation("User: x", speakers={"Tool": "tool"})
    with pytest.raises(InputError, match="the alias ' '"):
        parse_conversation("User: x", speakers={" ": "user"})


def test_without_aliases_all_is_preamble() -> None:
    assert parse_conversation("User: x", speakers={}).preamble == "User: x"


@given(written_conversations())
@settings(max_examples=400)
def test_what_was_written_is_read(written: Written) -> None:
    parsed = parse_conversation(written.text, speakers=SPEAKERS)
    assert lost(written.text, parsed) == []
    assert parsed.turns == written.turns
    assert parsed.epilogue == written.epilogue
    assert written.preamble == "" or parsed.preamble.startswith(written.preamble)
    assert parsed.flags.alternates
    assert parsed.flags.unknown_speaker == []


@given(st.text() | fragment_texts, st.booleans(), st.none() | st.text(max_size=8) | st.sampled_from(FRAGMENTS))
@settings(max_examples=1500)
def test_nothing_is_lost_of_any_text(text: str, truncated: bool, seed: str | None) -> None:
    parsed = parse_conversation(text, speakers=SPEAKERS, truncated=truncated, seed=seed)
    assert lost(text, parsed) == []
    assert all(a.speaker != b.speaker for a, b in zip(parsed.turns, parsed.turns[1:], strict=False))
    assert all(turn.text == turn.text.strip() != "" for turn in parsed.turns)
    assert parsed.flags.n_turns == len(parsed.turns)


@given(
    fragment_texts, st.dictionaries(st.text(min_size=1, max_size=6), st.sampled_from(("user", "system")), max_size=4)
)
def test_any_alias_will_do(text: str, speakers: dict[str, Speaker]) -> None:
    named = {alias: speaker for alias, speaker in speakers.items() if alias.strip()}
    for alias in named:
        text = f"{text}\n{alias}: words\n"
    assert lost(text, parse_conversation(text, speakers=named)) == []


def test_what_is_lost_is_found() -> None:
    text = "Hi!\nUser: (sad) One.\nSocBot: Two."
    parsed = parse_conversation(text, speakers=SPEAKERS)
    for index, piece in enumerate(parsed.pieces):
        fewer = [*parsed.pieces[:index], *parsed.pieces[index + 1 :]]
        assert lost(text, type(parsed)(parsed.turns, "Hi!", "", [], parsed.flags, fewer)), piece
    twice = [*parsed.pieces, Piece("text", len(text) - 4, len(text), 1)]
    assert lost(text, type(parsed)(parsed.turns, "Hi!", "", [], parsed.flags, twice))
    assert lost(text, type(parsed)(parsed.turns, "", "", [], parsed.flags, parsed.pieces))


@pytest.mark.parametrize("start", OPENINGS)
def test_nothing_is_lost_of_a_hard_input(start: str) -> None:
    for piece in HARD:
        text = start + piece * (20_000 // len(piece))
        assert lost(text, parse_conversation(text, speakers=SPEAKERS, truncated=True, seed="the moon")) == []
