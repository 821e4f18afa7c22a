"""The five real 2.2 dialogues, the real schema, and all of 2.1's validation split carried through 2.2's layouts."""

from __future__ import annotations

import json
from pathlib import Path

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.multiwoz import v22 as multiwoz22
from duologue.corpora.multiwoz import v22_hf as multiwoz22_hf
from duologue.corpora.multiwoz.v22_schema import schema
from duologue.dialogue import Dialogue, check


def modelled(dialogue: Dialogue) -> list[tuple[object, ...]]:
    return [(turn.text, turn.state or {}, turn.acts, turn.spans) for turn in dialogue.turns]


def test_the_sample_is_written_back_equal(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "multiwoz22_sample" / "dialogstudio_original_examples.json"
    dialogues = list(multiwoz22.read(path))
    assert [dialogue.id for dialogue in dialogues] == ["SSNG0007", "SNG1161", "MUL1443", "SNG01678", "MUL1170"]
    assert [problem for dialogue in dialogues for problem in check(dialogue)] == []
    for name, module in (("copy.json", multiwoz22), ("rows.jsonl", multiwoz22_hf), ("rows.parquet", multiwoz22_hf)):
        assert module.write(tmp_path / name, dialogues) == 5
    assert json.loads((tmp_path / "copy.json").read_bytes()) == json.loads(path.read_bytes())
    for name in ("rows.jsonl", "rows.parquet"):
        assert list(map(modelled, multiwoz22_hf.read(tmp_path / name))) == list(map(modelled, dialogues))


def test_our_schema_has_the_slots_and_intents_of_the_real_one(data_dir: Path) -> None:
    real = json.loads((data_dir / "multiwoz22_sample" / "schema.json").read_bytes())
    for theirs, ours in zip(
        sorted(real, key=lambda service: service["service_name"]),
        sorted(schema(), key=lambda service: service["service_name"]),
        strict=True,
    ):
        assert {slot["name"]: slot["is_categorical"] for slot in ours["slots"]} == {
            slot["name"]: slot["is_categorical"] for slot in theirs["slots"]
        }
        assert [intent["name"] for intent in ours["intents"]] == [intent["name"] for intent in theirs["intents"]]


def test_multiwoz21_survives_the_layouts_of_2_2(data_dir: Path, tmp_path: Path) -> None:
    dialogues = list(multiwoz21.read(data_dir / "multiwoz21" / "val.json"))
    expected = list(map(modelled, dialogues))
    assert multiwoz22.write(tmp_path / "folder", dialogues) == 999
    assert len(list((tmp_path / "folder").glob("dialogues_*.json"))) == 2
    assert list(map(modelled, multiwoz22.read(tmp_path / "folder"))) == expected
    multiwoz22_hf.write(tmp_path / "rows.jsonl.gz", dialogues[:200])
    assert list(map(modelled, multiwoz22_hf.read(tmp_path / "rows.jsonl.gz"))) == expected[:200]
    multiwoz21.write(tmp_path / "converted.json", dialogues, layout="converted")
    assert list(map(modelled, multiwoz21.read(tmp_path / "converted.json"))) == expected
