"""Interference over every real validation dialogue that has a situation: the published layout, nothing else touched.

The answers come from a rule-based server (`tests/helpers/rule_server.py`), so that this is about the pipeline.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from command_line import duologue

from duologue.corpora import formats
from duologue.operators.turn_choice import exchanges

_SERVER = Path(__file__).resolve().parents[1] / "helpers" / "rule_server.py"


def test_every_validation_dialogue_with_a_situation(data_dir: Path, tmp_path: Path) -> None:
    source, situations = data_dir / "multiwoz21" / "val.json", data_dir / "situations" / "vaild.json"
    command = [sys.executable, str(_SERVER), str(tmp_path / "log")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{json.loads(server.stdout.readline())['port']}/v1"
        models = ["--model", "openai:rules", "--base-url", url]
        given = ["--format", "multiwoz21", "--situations", situations]
        assert duologue("synthesize", "interference", source, *given, *models, "--out", tmp_path / "run") == 0
    finally:
        server.kill()
        server.communicate()
    made = json.loads((tmp_path / "run" / "interference.json").read_bytes())
    rejected = [json.loads(line) for line in (tmp_path / "run" / "rejected.jsonl").open()]
    original = json.loads(source.read_bytes())
    tried = set(original) & set(json.loads(situations.read_bytes()))
    assert made.keys() | {row["id"] for row in rejected} == tried
    assert len(made) + len(rejected) == len(tried) == 476
    assert len(made) > 300
    allowed = {dialogue.id: exchanges(dialogue) for dialogue in formats.read(source, "multiwoz21")}
    for key, dialogue in made.items():
        user, system = dialogue.pop("augmented_idx")
        assert user in allowed[key]
        assert system == user + 1
        assert dialogue["log"][user].pop("backstory")
        assert dialogue["log"][system].pop("reaction")
        assert dialogue == original[key]
    assert duologue("check", tmp_path / "run" / "interference.json", "--format", "interference") == 0
