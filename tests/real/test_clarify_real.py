"""contrast, simulate and `evaluate clarify` over the real PACIFIC and Abg-CoQA files, with a rule in every role."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from clarify_talk import ClarifyServer
from command_line import duologue


def asks_now_and_then(body: dict[str, Any]) -> str:
    return "Which one do you mean?" if len(body["messages"][-1]["content"]) % 3 == 0 else "12.5 million"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file", "states", "ambiguous", "pairs"),
    [
        ("pacific", "pacific/validation.json", 1444, 244, {"clarify": 244, "answer": 1200}),
        # 130 ambiguous rows; two of them ask the same after the same. Each reading is a conversation and has pairs.
        ("abg-coqa", "abg_coqa/coqa_abg_val.json", 1635, 129, {"clarify": 548, "answer": 1510}),
    ],
)
def test_every_labelled_turn_has_its_pair_and_its_conversation(
    data_dir: Path, tmp_path: Path, name: str, file: str, states: int, ambiguous: int, pairs: dict[str, int]
) -> None:
    source = data_dir / file
    with ClarifyServer(policy=asks_now_and_then) as server:
        flags = ["--format", name, "--model", "openai:sage", "--base-url", server.url]
        out = tmp_path / "contrast"
        assert duologue("synthesize", "contrast", source, *flags, "--prompt-characters", 6000, "--out", out) == 0
        assert duologue("rows", out / "dialogues.jsonl", "--kind", "contrast", "--out", tmp_path / "pairs.jsonl") == 0
        simulated = tmp_path / "simulated"
        assert duologue("synthesize", "simulate", source, *flags, "--user", "gold", "--out", simulated) == 0
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert Counter(row["action"] for row in rows) == pairs
    assert all(row["action"] != row["rejected_action"] and row["chosen"] != row["rejected"] for row in rows)
    assert duologue("evaluate", "clarify", simulated, "--json", tmp_path / "scores.json") == 0
    score = json.loads((tmp_path / "scores.json").read_bytes())["score"]
    assert (score["states"], score["support"]["gold clarify"]) == (states, ambiguous)
    assert score["conversations"] == sum(pairs.values())
    assert 0 < score["figures"]["over-asking"]["value"] < 100
    assert score["faults"] == {}
