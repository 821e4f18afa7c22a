"""Blind tasks: nothing tells which system is where, and the key brings it all back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command_line import duologue
from continued import STRATEGIES, write_continued

from duologue.dialogue import read, write_rows
from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.annotations.key import read_key
from duologue.evaluation.steering.sra_row import SRARow


@pytest.fixture
def blind(tmp_path: Path) -> Path:
    write_continued(
        tmp_path / "one",
        20,
        lambda point, name: f"A <script>alert({point})</script>\nof one",
        "c1_hf",
        lambda at: 2.0 + at,
    )
    write_continued(tmp_path / "other", 20, lambda point, name: f"Reply {point} of two", "standard", lambda at: 1.0)
    assert export(tmp_path, "blind") == 0
    return tmp_path


def export(folder: Path, name: str, *more: object) -> int:
    return duologue(
        "export", "comparisons", folder / "one", folder / "other", "--seed", 7, "--out", folder / name, *more
    )


def tasks(folder: Path) -> list[dict[str, Any]]:
    return [task["data"] for task in json.loads((folder / "tasks.json").read_text("utf-8"))]


def test_a_task_tells_no_system_and_no_measure(blind: Path) -> None:
    made = tasks(blind / "blind")
    assert len(made) == 20 * len(STRATEGIES)
    assert {frozenset(task) for task in made} == {frozenset({"task", "strategy", "history", "left", "right"})}
    text = (blind / "blind/tasks.json").read_text("utf-8")
    for hidden in ("c1_hf", "standard", "sra", "esconv-00"):
        assert hidden not in text


def test_texts_are_escaped(blind: Path) -> None:
    text = (blind / "blind/tasks.json").read_text("utf-8")
    assert "<script>" not in text
    task = tasks(blind / "blind")[0]
    assert "&lt;b&gt;really&lt;/b&gt; &amp; day" in task["history"]
    assert task["history"].startswith("<b>seeker</b>: I lost my job")
    assert any("&lt;/script&gt;<br>of one" in each["left"] for each in tasks(blind / "blind"))


def test_sides_are_drawn_by_the_seed(blind: Path) -> None:
    key = read_key(blind / "blind/key.jsonl")
    lefts = Counter(row.left for row in key.values())
    assert min(lefts.values()) > 15
    assert export(blind, "again") == 0
    for name in ("tasks.json", "key.jsonl", "labelling.xml"):
        assert (blind / "again" / name).read_bytes() == (blind / "blind" / name).read_bytes()


def test_a_limit_takes_one_of_each_conversation_and_balances_strategies(blind: Path) -> None:
    assert export(blind, "few", "--limit", 18) == 0
    key = list(read_key(blind / "few/key.jsonl").values())
    assert len({row.comparison.partition(",")[0] for row in key}) == 18
    assert set(Counter(row.strategy for row in key).values()) == {6}


def test_results_come_back_by_the_key(blind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An annotator who always prefers what `one` wrote, exported by Label Studio."""
    exported = []
    for number, data in enumerate(tasks(blind / "blind"), 1):
        value = "-3" if "of one" in data["left"] else "3"
        result = {"from_name": "model-preference", "type": "choices", "value": {"choices": [value]}}
        exported.append({"id": number, "data": data, "annotations": [{"completed_by": 5, "result": [result]}]})
    (blind / "export.json").write_text(json.dumps(exported), "utf-8")
    given = ("evaluate", "agreement", blind / "export.json", "--json", blind / "out.json")
    assert duologue(*given) == 0
    assert "give --key for their win rates" in capsys.readouterr().out
    assert duologue(*given, "--key", blind / "blind/key.jsonl") == 0
    score = json.loads((blind / "out.json").read_text("utf-8"))
    (pair,) = score["wins"]["pairs"]
    assert (pair["first"], pair["second"], pair["standing"]["wins"]) == ("c1_hf", "standard", 60)
    assert score["measures"]["sra"]["same_sign"]["value"] == 100
    other = blind / "one/dialogues.jsonl"
    assert duologue(*given, "--key", other) == 2


def test_attention_that_was_measured_later_is_a_measure(blind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A branch has the same id in both layouts; what `one` wrote attends more."""
    for folder, layout, value in (("one", "c1_hf", 0.3), ("other", "standard", 0.1)):
        dialogues = list(read(blind / folder / "dialogues.jsonl"))
        told = {"response_mean": {"strategy_name": value}}
        rows = [
            SRARow(branch.id, each.id, "tiny", 3, layout, sra=told) for each in dialogues for branch in each.branches
        ]
        write_rows(blind / f"attention-{folder}/attention.jsonl", rows)
    key = read_key(blind / "blind/key.jsonl")
    write_rows(
        blind / "rows.jsonl",
        [Annotation(row.task, "ann", -2 if row.left == "c1_hf" else 2) for row in key.values()],
    )
    given = ("evaluate", "agreement", blind / "rows.jsonl", "--key", blind / "blind/key.jsonl")
    both = ("--sra", f"c1_hf={blind}/attention-one", "--sra", f"standard={blind}/attention-other")
    assert duologue(*given, *both, "--json", blind / "out.json") == 0
    measured = json.loads((blind / "out.json").read_text("utf-8"))["measures"]["sra"]
    assert measured["same_sign"]["value"] == 100
    assert {abs(round(row["difference"], 9)) for row in measured["rows"]} == {0.2}
    capsys.readouterr()
    for wrong, text in (
        (both[:2], "no task has a value for both answers"),
        (("--sra", "c5_hl=x"), "the key has no system 'c5_hl'; there are c1_hf, standard"),
        (("--sra", "x"), "expected SYSTEM=FOLDER, found 'x'"),
    ):
        assert duologue(*given, *wrong) == 2
        assert text in capsys.readouterr().err


def test_the_labelling_configuration_names_what_tasks_have(blind: Path) -> None:
    root = ElementTree.fromstring((blind / "blind/labelling.xml").read_text("utf-8"))
    shown = {each.attrib["value"].removeprefix("$") for each in root.iter("HyperText")}
    assert shown == set(tasks(blind / "blind")[0]) - {"task"}
    (control,) = root.iter("Choices")
    assert control.attrib["name"] == "model-preference"
    assert control.attrib["toName"] in {each.attrib["name"] for each in root.iter("HyperText")}
    assert [choice.attrib["value"] for choice in control] == [str(value) for value in range(-4, 5)]
