"""`duologue rows`: replies by a strategy as chats with their instruction and as preference pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue
from support_talk import support_talk

from duologue.dialogue import Branch, Dialogue, Turn, write

NAMES = ("Offer Hope", "Chit Chat", "Share Information")


def replies(tmp_path: Path, *names: str) -> Path:
    talk = support_talk(1, 3)
    talk.turns = talk.turns[:5]
    talk.branches = [
        Branch(f"b-{name}", 5, [Turn("system", f"Reply: {name}.")], labels={"strategy": [name]}) for name in names
    ]
    write(tmp_path / "replies.jsonl", [talk])
    return tmp_path / "replies.jsonl"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_chats_end_with_the_reply_and_begin_with_the_instruction(tmp_path: Path) -> None:
    source = replies(tmp_path, *NAMES, "unconditional")
    assert duologue("rows", source, "--out", tmp_path / "chats.jsonl") == 0
    made = rows(tmp_path / "chats.jsonl")
    assert [row["strategy"] for row in made] == [*NAMES, "unconditional"]
    assert [message["role"] for message in made[0]["messages"]] == ["system", *["user", "assistant"] * 3]
    assert '"Offer Hope" strategy' in made[0]["messages"][0]["content"]
    assert made[0]["messages"][-1] == {"role": "assistant", "content": "Reply: Offer Hope."}
    assert "strategy" not in made[3]["messages"][0]["content"]
    # they are rows that `train` and `convert` take as they are
    assert duologue("convert", tmp_path / "chats.jsonl", tmp_path / "back.jsonl", "--from", "messages") == 0


def test_pairs_share_a_prompt_and_reject_what_was_written_otherwise(tmp_path: Path) -> None:
    source = replies(tmp_path, *NAMES, "unconditional")
    asked = ("rows", source, "--kind", "preference", "--out", tmp_path / "pairs.jsonl")
    assert duologue(*asked) == 0
    made = rows(tmp_path / "pairs.jsonl")
    assert [row["strategy"] for row in made] == [*NAMES]
    for row in made:
        assert row["rejected_strategy"] in set(NAMES) - {row["strategy"]}
        assert f'"{row["strategy"]}" strategy' in row["prompt"][0]["content"]
        assert row["prompt"][-1]["role"] == "user"
        assert row["chosen"] == [{"role": "assistant", "content": f"Reply: {row['strategy']}."}]
        assert row["rejected"] == [{"role": "assistant", "content": f"Reply: {row['rejected_strategy']}."}]
    assert duologue(*asked, "--against", "unconditional") == 0
    assert {row["rejected_strategy"] for row in rows(tmp_path / "pairs.jsonl")} == {"unconditional"}


def test_without_replies_there_is_nothing_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = replies(tmp_path, *NAMES)
    asked = ("rows", source, "--kind", "preference", "--against", "unconditional", "--out", tmp_path / "pairs.jsonl")
    assert duologue(*asked) == 2
    assert "there is no reply to make a row of" in capsys.readouterr().err


def test_votes_are_the_reply_that_was_preferred_and_the_other(tmp_path: Path) -> None:
    replies = [Turn("system", text, labels={"model": ["m"], "layout": ["plain"]}) for text in ("Yes.", "No.")]
    branches = [
        Branch(f"c-t1-{side}", 1, [reply], labels={"preference": [vote]})
        for side, reply, vote in zip("ab", replies, ("rejected", "chosen"), strict=True)
    ]
    talk = Dialogue("c", [Turn("user", "Well?"), replies[1]], branches=branches)
    write(tmp_path / "chats.jsonl", [talk])
    assert duologue("rows", tmp_path / "chats.jsonl", "--kind", "votes", "--out", tmp_path / "pairs.jsonl") == 0
    (row,) = rows(tmp_path / "pairs.jsonl")
    assert row == {
        "id": "c-t1",
        "prompt": [{"role": "user", "content": "Well?"}],
        "chosen": [{"role": "assistant", "content": "No."}],
        "rejected": [{"role": "assistant", "content": "Yes."}],
    }


def test_other_dialogues_have_no_votes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "talk.jsonl", [Dialogue("d", [Turn("system", "Hello."), Turn("user", "Hello.")])])
    assert duologue("rows", tmp_path / "talk.jsonl", "--kind", "votes", "--out", tmp_path / "pairs.jsonl") == 2
    assert "d: no transcript of a chat; give what `chat` or the studio saved" in capsys.readouterr().err
