"""Annotations from Label Studio's exports and our own rows are the same annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duologue.dialogue import write_rows
from duologue.errors import InputError
from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.annotations.label_studio import system_of
from duologue.evaluation.annotations.reading import read_annotations

DATA = {
    "conv_id": "7b07_Offer Hope",
    "file_names": ["prompting/outputs/exp6_70b_c1_hf_partial//125.json", "prompting/outputs/exp6_70b_full//125.json"],
    "history": "<br><b>seeker</b>: hello",
    "model1_sra": 0.3,
    "model2_sra": 0.1,
    "strategy": "Offer Hope",
}
EXPECTED = Annotation("7b07_Offer Hope", "1", -4, "c1_hf", "standard", "Offer Hope", {"sra": (0.3, 0.1)}, 15.5)


def test_json_min_with_choices_as_text_list_or_number(tmp_path: Path) -> None:
    told: list[Any] = ["-4", {"choices": ["-4"]}, -4]
    for value in told:
        row = DATA | {"id": 1, "model-preference": value, "annotator": 1, "annotation_id": 3, "lead_time": 15.5}
        (tmp_path / "min.json").write_text(json.dumps([row]), "utf-8")
        assert read_annotations(tmp_path / "min.json").rows == [EXPECTED]


def test_json_with_skipped_and_unanswered_annotations(tmp_path: Path) -> None:
    def annotation(who: object, result: list[Any], **more: object) -> dict[str, Any]:
        return {"id": 7, "completed_by": who, "was_cancelled": False, "lead_time": 15.5, "result": result} | more

    choice = {"from_name": "model-preference", "to_name": "history", "type": "choices", "value": {"choices": ["-4"]}}
    comment = {"from_name": "comment", "to_name": "history", "type": "textarea", "value": {"text": ["hm"]}}
    task = {"id": 1, "data": DATA, "annotations": [
        annotation(1, [comment, choice]),
        annotation({"id": 2, "email": "b@example.org"}, [choice]),
        annotation(3, [choice], was_cancelled=True),
        annotation(4, [comment]),
    ], "predictions": []}  # fmt: skip
    (tmp_path / "full.json").write_text(json.dumps([task]), "utf-8")
    found = read_annotations(tmp_path / "full.json")
    assert [row.annotator for row in found.rows] == ["1", "2"]
    assert found.rows[0] == EXPECTED
    assert found.problems == [
        "element 1: skipped by 3; left out",
        "element 1: an annotation without model-preference; left out",
    ]


def test_our_own_rows_and_an_annotation_given_twice(tmp_path: Path) -> None:
    write_rows(tmp_path / "own.jsonl", [Annotation("7b07_Offer Hope", "1", 2), EXPECTED])
    found = read_annotations(tmp_path / "own.jsonl")
    assert found.rows == [EXPECTED]
    assert found.problems == ["task 7b07_Offer Hope: annotated more than once by 1; the last one counts"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds neither a JSON list nor JSON lines"),
        ("[]", "holds no annotation"),
        ("[3]", "element 1: expected an object with `annotator`"),
        (
            '[{"annotator": 1, "id": 1, "model-preference": "left"}]',
            "expected a number for model-preference, found 'left'",
        ),
        ('[{"annotator": 1, "model-preference": "1"}]', "a task without id"),
        ('{"task": "a", "annotator": "b"}', "line 1: Object missing required field `preference`"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.json").write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        read_annotations(tmp_path / "bad.json")
    assert told in str(error.value)


def test_the_system_is_the_layout_in_the_folder_or_the_folder() -> None:
    assert system_of("out/exp6_70b_c3_hl_partial//9.json") == "c3_hl"
    assert system_of("out/exp6_70b_full/9.json") == "standard"
    assert system_of("out/my_model/9.json") == "my_model"
    assert system_of("9.json") == "9.json"
