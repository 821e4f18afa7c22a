"""The published annotations of strategy steering: our figures are those that its authors and others computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue

FILE = "esconv/sra_annotation-results.json"


@pytest.fixture(scope="module")
def scored(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("agreement")
    given = ["evaluate", "agreement", data_dir / FILE, "--annotations", out / "rows.jsonl", "--json", out / "out.json"]
    assert duologue(*given) == 0
    score: dict[str, Any] = json.loads((out / "out.json").read_text("utf-8"))
    assert duologue("evaluate", "agreement", out / "rows.jsonl", "--json", out / "again.json") == 0
    assert json.loads((out / "again.json").read_text("utf-8")) == score  # our own rows say the same
    return score


def test_annotators_agree_as_published(scored: dict[str, Any]) -> None:
    whole, inside = scored["reliability"], scored["measures"]["sra"]["reliability"]
    assert (whole["annotations"], whole["tasks"], whole["rated_again"]) == (264, 135, 129)
    assert inside["annotations"] == 260
    assert round(whole["alpha"]["interval"]["value"], 3) == 0.915
    assert round(inside["alpha"]["interval"]["value"], 3) == 0.912
    assert round(whole["exact"]["value"]) == 50
    assert round(whole["same_sign"]["value"]) == 88


def test_preference_goes_with_attention_as_published(scored: dict[str, Any]) -> None:
    measured = scored["measures"]["sra"]
    assert {name: round(each["pearson"]["value"], 3) for name, each in measured["inside"].items() if name != "all"} == {
        "1": 0.822,
        "2": 0.804,
    }
    low, high = measured["inside"]["1"]["pearson"]["interval"].values()
    assert 0.7 < low < 0.822 < high < 0.9
    assert round(measured["same_sign"]["value"]) == 94


def test_who_wins_as_computed_from_the_file(scored: dict[str, Any]) -> None:
    found = {}
    for pair in scored["wins"]["pairs"]:
        standing = pair["standing"]
        found[pair["first"], pair["second"]] = (standing["wins"], standing["losses"], standing["ties"])
    assert found == {
        ("c1_hf", "standard"): (85, 0, 5),
        ("c3_hf", "standard"): (48, 2, 40),
        ("c1_hf", "c3_hf"): (54, 10, 20),
    }
    # The published 79.4 %: of the annotations inside the percentiles in which c1_hf takes part, those that prefer it.
    inside = scored["measures"]["sra"]["wins"]["systems"]["c1_hf"]
    assert (inside["wins"], round(inside["preferred"]["value"], 1)) == (135, 79.4)


def test_the_tables_show_it(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duologue("evaluate", "agreement", data_dir / FILE) == 0
    shown = capsys.readouterr().out
    for text in ("264 annotations of 135 tasks, 129 by two or more", "0.915", "0.912", "0.822", "0.804"):
        assert text in shown
    assert "c1_hf – standard" in shown
