from __future__ import annotations

import json
from pathlib import Path

from duologue.dialogue import Dialogue, Origin, Turn
from duologue.views.simpletod_files import write_simpletod


def test_both_published_files_hold_the_same_examples(tmp_path: Path) -> None:
    dialogues = [
        Dialogue(id=f"MUL{number}.json", turns=[Turn("user", "Hi\nthere", state={}), Turn("system", "Hello")] * 2)
        for number in range(3)
    ]
    dialogues[2].origin = Origin("interference", parent="PMUL7")
    written = write_simpletod(tmp_path / "lm_data", {"train": dialogues[:2], "valid": dialogues[2:]}, "interference")
    assert written.examples == {"train": 4, "valid": 2}
    content = json.loads((tmp_path / "lm_data" / "interference.json").read_text(encoding="utf-8"))
    assert list(content) == ["train", "valid"]
    assert list(content["train"]) == ["MUL0", "MUL1"]
    assert list(content["valid"]) == ["PMUL7"]
    for split in ("train", "valid"):
        text = (tmp_path / "lm_data" / "txt_data" / "interference" / f"{split}.txt").read_text(encoding="utf-8")
        rows = [row for rows in content[split].values() for row in rows]
        assert text.splitlines() == [row["input_context"] + row["output"] for row in rows]
    assert not list(tmp_path.rglob("*.part"))
