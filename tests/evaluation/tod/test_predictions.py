from __future__ import annotations

import json
from pathlib import Path

import pytest

from duologue.dialogue import DialoguePrediction, TurnPrediction, write_rows
from duologue.errors import InputError
from duologue.evaluation.tod.predictions import Survey, TodPrediction, TodTurn, read_predictions, surveyed

ROWS = [
    DialoguePrediction(
        "MUL1", [TurnPrediction(1, "[name]", {"hotel": {"area": ["north", "n"]}}), TurnPrediction(3, "ok", {})]
    ),
    DialoguePrediction("MUL2", [TurnPrediction(1, "[name]", {}, active_domains=["hotel"])]),
]


def test_public_json(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    turns = [
        {
            "response": "[name]",
            "state": {"hotel": {"stars": 4, "area": None, "name": ["a", "b"]}},
            "active_domains": [],
        },
        {"response": "ok", "more": 1},
    ]
    path.write_text(json.dumps({"mul1": turns}))
    first, second = TodTurn("[name]", {"hotel": {"stars": "4", "name": "a"}}, []), TodTurn("ok")
    assert list(read_predictions(path)) == [TodPrediction("mul1", [first, second])]
    assert surveyed(path)[0] == Survey(1, False, False)


def test_our_rows(tmp_path: Path) -> None:
    for name in ("p.jsonl", "p.jsonl.zst", "p.txt"):
        write_rows(tmp_path / name, ROWS)
        found, rows = surveyed(tmp_path / name)
        assert found == Survey(2, True, False)
        assert list(rows) == [
            TodPrediction(
                "MUL1", [TodTurn("[name]", {"hotel": {"area": "north"}}, None, 1), TodTurn("ok", {}, None, 3)]
            ),
            TodPrediction("MUL2", [TodTurn("[name]", {}, ["hotel"], 1)]),
        ]


def test_a_file_that_grows_is_read_to_its_last_whole_line_and_as_it_was_surveyed(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    write_rows(path, ROWS)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole) - 1):
        path.write_bytes(whole[:end])
        found = [each.id for each in read_predictions(path)]
        assert found == (["MUL1", "MUL2"] if end == len(whole) - 1 else ["MUL1"])
    path.write_bytes(whole[:-1])  # a last line that is whole but for its line break
    assert len(list(read_predictions(path))) == 2
    path.write_bytes(whole[:first])
    found, rows = surveyed(path)
    path.write_bytes(whole)
    assert [each.id for each in rows] == ["MUL1"]
    assert found.dialogues == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"mul1": [{"state": {}}]}', r"dialogue mul1: Object missing required field `response`.*; expected"),
        ('{"mul1": [{"response": "a", "state": {"hotel": "x"}}]}', r"dialogue mul1: Expected `object`"),
        ('{"mul1": "text"}', r"dialogue mul1: Expected `array`"),
        ("[]", r"expected JSON that is an object"),
        ('{"id": "MUL1", "turns": [{"turn": "x"}]}\n', r"line 1: "),
        ("", r"the file is empty"),
    ],
)
def test_odd_files_end_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(InputError, match=line):
        list(read_predictions(path))
