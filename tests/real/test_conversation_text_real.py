"""Real messages and conversations, written in every label style, are read back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conversation_strategies import SPEAKERS, STYLES

from duologue.corpora.conversation_text import lost, parse_conversation
from duologue.dialogue import Speaker

SIDES: tuple[tuple[Speaker, str], ...] = (("system", "SocBot"), ("user", "User"))


def seed_messages(data_dir: Path) -> list[list[str]]:
    texts = [
        line.strip().strip('"').strip()  # quotation marks around a whole message are markup
        for name in ("emotion_val.txt", "sentiment_val.txt")
        for line in (data_dir / "seeds" / name).read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return [texts[start : start + 8] for start in range(0, len(texts), 8)]


def support_conversations(data_dir: Path) -> list[list[str]]:
    conversations = json.loads((data_dir / "esconv" / "FailedESConv.json").read_text(encoding="utf-8"))
    talks = [[" ".join(turn["content"].split()).strip('"') for turn in talk["dialog"]] for talk in conversations]
    return [[message for message in talk if message] for talk in talks]


def differences(messages: list[str], style: str) -> list[str]:
    """What is not read as it was written, but for stage directions in stars or brackets that became notes."""
    text = "\n\n".join(style.format(SIDES[index % 2][1]) + message for index, message in enumerate(messages))
    parsed = parse_conversation(text, speakers=SPEAKERS)
    assert lost(text, parsed) == []
    assert parsed.flags.unknown_speaker == []
    if [turn.speaker for turn in parsed.turns] != [SIDES[index % 2][0] for index in range(len(messages))]:
        return [text]
    return [
        message
        for message, turn in zip(messages, parsed.turns, strict=True)
        if turn.text != message and not (turn.notes and turn.text in message and turn.notes[0] in message)
    ]


@pytest.mark.parametrize("source", [seed_messages, support_conversations])
def test_real_messages_survive_every_label_style(data_dir: Path, source: Callable[[Path], list[list[str]]]) -> None:
    talks = source(data_dir)
    assert len(talks) > 190
    for style in STYLES:
        wrong = [difference for talk in talks for difference in differences(talk, style)]
        assert wrong == [], f"{style!r}: {wrong[:3]}"


def test_few_real_messages_have_stage_directions(data_dir: Path) -> None:
    noted = []
    for talk in seed_messages(data_dir):
        text = "\n\n".join(f"{SIDES[index % 2][1]}: {message}" for index, message in enumerate(talk))
        noted += [turn.notes for turn in parse_conversation(text, speakers=SPEAKERS).turns if turn.notes]
    assert ["fingers crossed"] in noted
    assert len(noted) < 10, "among more than 2,000 messages"
