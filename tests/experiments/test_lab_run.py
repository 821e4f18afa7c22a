"""The lab's recipe at its smallest: every system and decoding in one table, whose figures are those of the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import opened
from command_line import duologue

from duologue.errors import InputError
from duologue.experiments import experiment
from duologue.experiments.lab.judging import LabResults, read_results
from duologue.experiments.recipe import load_recipe
from duologue.experiments.stages import STAGES

SMALL = ["scale=smoke"]
DECODINGS = [
    *("greedy", "beam", "diverse-beam", "sampling", "temperature", "top-k", "top-p", "typical", "min-p"),
    *("contrastive", "repetition"),
]
OTHERS = ["qlora", "full", "from-scratch", "t5", "lora-beliefs"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab") / "run"
    experiment.run(load_recipe("lab", SMALL), folder)
    return folder


def results(lab: Path) -> LabResults:
    return read_results(lab / STAGES / "evaluate")


@pytest.mark.slow
def test_every_system_and_every_decoding_has_a_row(lab: Path) -> None:
    rows = results(lab).rows
    assert [(row.system, row.decoding) for row in rows] == [
        ("zero-shot", "greedy"),
        *(("lora", name) for name in DECODINGS),
        *((name, "greedy") for name in OTHERS),
    ]
    trained = {row.system: row.trainable for row in rows}
    assert trained["zero-shot"] is None
    assert trained["lora"] == trained["qlora"] == trained["lora-beliefs"] < trained["full"] == trained["from-scratch"]
    assert {row.system for row in rows if row.joint_goal_accuracy is not None} == {"lora-beliefs"}
    assert all(row.inform is not None and row.steps_per_second for row in rows if row.system != "zero-shot")
    table = (lab / "results.md").read_text(encoding="utf-8").splitlines()
    assert len(table) == 2 + len(rows)
    assert table[0].startswith("| system | decoding | BLEU | Inform | Success | Richness |")


@pytest.mark.slow
def test_the_figures_are_those_of_the_commands(lab: Path, tmp_path: Path) -> None:
    stages = lab / STAGES
    test, out = stages / "corpus/test.jsonl", tmp_path / "lora.jsonl"
    told = ["--instruction", load_recipe("lab", SMALL).instruction]
    asked = [test, *told, "--model", f"hf:{stages / 'train/lora/model'}", "--dtype", "float32", "--max-new-tokens", 12]
    assert duologue("respond", "chat", *asked, "--max-prompt-tokens", 512, "--out", out) == 0
    assert out.read_bytes() == (stages / "respond/lora/greedy.jsonl").read_bytes()
    scores = tmp_path / "scores.json"
    judged = ["--reference", test, "--format", "duologue", "--db", stages / "corpus/databases", "--delexicalise"]
    assert duologue("evaluate", "tod", out, *judged, "--json", scores) == 0
    found = json.loads(scores.read_text())
    row = next(row for row in results(lab).rows if (row.system, row.decoding) == ("lora", "greedy"))
    assert found["bleu"]["duologue-spans"] == pytest.approx(row.bleu)
    assert found["inform"]["total"] == pytest.approx(row.inform, abs=0.05)
    assert found["richness"]["cond_entropy"] == pytest.approx(row.richness)


@pytest.mark.slow
def test_a_changed_decoding_is_answered_anew_and_nothing_is_trained_again(lab: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (lab / STAGES / "train").rglob("*.safetensors")}
    assert before
    experiment.run(load_recipe("lab", [*SMALL, "decodings.top-p.top_p=0.5"]), lab)
    assert before == {path: path.stat().st_mtime_ns for path in (lab / STAGES / "train").rglob("*.safetensors")}
    row = next(row for row in results(lab).rows if row.decoding == "top-p")
    table = json.loads((lab / STAGES / "respond/lora/table.json").read_text())
    assert {each["name"]: each["options"] for each in table["rows"]}[row.decoding]["top_p"] == 0.5


@pytest.mark.slow
def test_the_report_shows_the_table_the_curves_and_the_answers(lab: Path) -> None:
    with opened(lab / "report.html") as page:
        headings = page.locator("h2").all_inner_texts()
        assert headings == ["Results", "Quality against diversity", "Training", "What the systems answer"]
        assert page.locator("section").first.locator("tbody tr").count() >= len(results(lab).rows)
        assert page.locator("figure svg").count() == 3
        assert "BLEU" in page.locator("section").nth(2).inner_text()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("decoded=[nobody]", "there is no system 'nobody'"),
        ("decoded=[lora-beliefs]", "decoded greedily"),
        ("systems.lora.lora.targets=[]", "targets"),
        ("decodings.greedy.top_p=0.5", "top_p does nothing without do_sample"),
    ],
)
def test_settings_that_make_no_sense_are_told(change: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_recipe("lab", [change])
