"""`duologue respond steered`: the supporter's turns answered, and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import duologue
from support_talk import support_talk

from duologue.dialogue import DialoguePrediction, read_rows, write

pytest.importorskip("torch")
pytest.importorskip("transformers")


def test_every_turn_is_answered_by_its_strategy_and_the_summary_says_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from random_llama import make_random_llama

    model = make_random_llama(tmp_path / "model", hidden=32, context=512)
    write(tmp_path / "talk.jsonl", [support_talk(number, 3) for number in range(3)])
    out, asked = tmp_path / "p.jsonl", ("respond", "steered", tmp_path / "talk.jsonl", "--model", f"hf:{model}")
    options = ("--collection", "esconv", "--layout", "c1_hf", "--max-new-tokens", 4, "--top-k", 5, "--do-sample")
    assert duologue(*asked, *options, "--limit", 2, "--out", out, "--json", tmp_path / "summary.json") == 0
    rows = list(read_rows(out, DialoguePrediction))
    assert [[(turn.turn, turn.strategy) for turn in row.turns] for row in rows] == [
        [(1, "Question"), (3, "Question"), (5, "Question")]
    ] * 2
    assert "6 turns of 2 dialogues" in capsys.readouterr().out
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary == json.loads(Path(f"{out}.summary.json").read_text())
    assert (summary["system"], summary["model"]) == ("steered", f"hf:{model}")
    assert summary["options"]["layout"] == "c1_hf"
    assert summary["decoding"]["top_k"] == 5
    assert (summary["dialogues"], summary["turns"]) == (2, 6)
    assert summary["requests"]["asked"] == 6
    assert summary["speed"]["tokens_per_second"] > 0
