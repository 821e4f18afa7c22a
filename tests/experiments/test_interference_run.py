"""The interference experiment from sample to report, on a model of a few thousand weights."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from obliging_server import ObligingServer

from duologue.cli.main import run as command_line
from duologue.corpora.children import corpus_id
from duologue.dialogue import read
from duologue.experiments import experiment
from duologue.experiments.experiment import Ran
from duologue.experiments.interference.settings import InterferenceRecipe
from duologue.experiments.recipe import load_recipe
from duologue.training.metrics_file import read_metrics


def small(base: Path, server: ObligingServer) -> list[str]:
    return [
        "scale=smoke",
        f"train.base=hf:{base}",
        "corpus.sample.train=8",
        "corpus.sample.val=3",
        "corpus.sample.test=5",
        "situations.model=openai:obliging",
        "synthesize.model=openai:obliging",
        f"situations.base_url={server.url}",
        f"synthesize.base_url={server.url}",
        "train.max_steps=3",
        "train.precision=fp32",
        "respond.max_new_tokens=12",
    ]


def recipe(base: Path, server: ObligingServer, *changes: str) -> InterferenceRecipe:
    return load_recipe("interference", [*small(base, server), *changes])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def ran(base_model: Path, server: ObligingServer, folder: Path) -> Ran:
    return experiment.run(recipe(base_model, server), folder)


def test_every_stage_left_what_it_should(ran: Ran, folder: Path) -> None:
    stages = folder / "stages"
    assert [stage.name for stage in ran.stages][:4] == ["corpus", "situations", "synthesize", "data"]
    assert not any(stage.skipped for stage in ran.stages)
    for split in ("train", "val", "test"):
        made = list(read(stages / "data" / f"interference-{split}.jsonl"))
        chats = list(read(stages / "data" / f"fusedchat-{split}.jsonl"))
        assert [corpus_id(each) for each in made] == [corpus_id(each) for each in chats]
        assert all(any(turn.insertions for turn in each.turns) for each in made)
        rejected = (stages / "synthesize" / split / "rejected.jsonl").read_text().splitlines()
        counts = json.loads((stages / "synthesize" / "done.json").read_text())["facts"]["splits"][split]
        assert counts["made"] + len(rejected) == counts["tried"]
    published = json.loads((stages / "data" / "lm_data" / "interference.json").read_text())
    assert set(published) == {"train", "valid", "test"}
    for variant in ("simpletod", "fusedchat", "interference"):
        assert read_metrics(stages / "train" / variant / "model" / "metrics.jsonl")[-1]["step"] == 3
    about = json.loads((folder / "run.json").read_text())
    assert {"seed", "versions", "machine", "seconds", "git"} <= set(about)
    assert (folder / "recipe.yaml").exists()


def test_the_report_says_what_the_figures_say(ran: Ran, folder: Path) -> None:
    page = ran.report.read_text()
    results = json.loads((folder / "stages" / "evaluate" / "results.json").read_text())
    assert results["verdict"]["claim"] in page
    assert results["verdict"]["verdict"] == ran.summary.result["verdict"] == "not at this scale"
    rows = re.findall(r"<tr><td>(\w+ → \w+)</td>\s*((?:<td class=\"number\">.*?</td>)+)", page)
    assert len(rows) == 4
    for name, cells in rows:
        figures = re.findall(r'<td class="number">(.*?)(?:<small>.*?</small>)?</td>', cells)
        table = results["table"][name.replace(" → ", "-to-")]
        assert figures[0] == f"{table['joint_goal_accuracy']['value']:.1f}"
        assert figures[2:4] == [f"{table[figure]['value']:.1f}" for figure in ("inform", "success")]
        if "acknowledgement_own_first" in table:
            assert f"{table['acknowledgement_own_first']['value']:.1f}" in figures
    assert "success hotel" in results["comparisons"]["simpletod-to-interference - simpletod-to-simpletod"]
    for name in results["table"]:
        assert f'<a href="reasons/{name}.html">' in page
        assert "Why dialogues pass and fail" in (folder / "reasons" / f"{name}.html").read_text()
    first = next(read(folder / "stages" / "data" / "interference-test.jsonl"))
    backstory = next(turn.inserted("backstory") for turn in first.turns if turn.insertions)
    assert backstory
    assert f'<ins title="backstory">{backstory}'.replace("'", "&#39;") in page
    assert page.count("<svg") == 2
    for gone in ("http://", "https://", "<script", "<link", "@import"):
        remaining = re.sub(r'xmlns(:\w+)?="[^"]*"|base_url: \S+', "", page)
        assert gone not in remaining


def test_a_second_run_does_nothing(ran: Ran, base_model: Path, server: ObligingServer, folder: Path) -> None:
    asked = len(server.asked)
    again = experiment.run(recipe(base_model, server), folder)
    assert all(stage.skipped for stage in again.stages)
    assert again.summary == ran.summary
    assert len(server.asked) == asked


def test_what_changes_is_what_is_done_again(ran: Ran, base_model: Path, server: ObligingServer, folder: Path) -> None:
    def to_do(*changes: str) -> list[str]:
        plan = experiment.plan(recipe(base_model, server, *changes), folder).stages
        return [each.stage.name for each in plan if not each.finished]

    assert to_do() == []
    assert to_do("evaluate.margin=3") == ["evaluate"]
    assert to_do("respond.max_new_tokens=13") == [
        "respond/simpletod-to-simpletod",
        "respond/simpletod-to-interference",
        "respond/fusedchat-to-interference",
        "respond/interference-to-interference",
        "evaluate",
    ]
    assert to_do("train.learning_rate=1e-5")[0] == "train/simpletod"
    assert to_do("synthesize.turns=2")[0] == "synthesize"
    assert len(to_do("corpus.sample.seed=1")) == 12
    assert to_do("report.examples=1") == []


def test_given_models_are_not_trained(ran: Ran, base_model: Path, server: ObligingServer, folder: Path) -> None:
    given = recipe(base_model, server, f"train.model={folder / 'stages' / 'train'}", "respond.max_new_tokens=12")
    plan = experiment.plan(given, folder.with_name("given")).stages
    assert [each.stage.expected.steps for each in plan if each.stage.name.startswith("train/")] == [0, 0, 0]
    again = experiment.run(given, folder.with_name("given"))
    assert again.summary == ran.summary
    assert "given:" in again.report.read_text()


def test_the_command_line(
    ran: Ran, base_model: Path, server: ObligingServer, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def duologue(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command_line([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    settings = small(base_model, server)
    status, out, _ = duologue("run", "interference", *settings, "--out", folder, "--dry-run")
    assert status == 0
    assert out.count(" done ") == 12
    status, out, _ = duologue("run", "interference", *settings, "--out", tmp_path / "new", "--dry-run", "--sample", "0")
    assert status == 0
    assert out.count(" to do ") == 12
    assert not (tmp_path / "new").exists()
    status, out, _ = duologue("run", "interference", *settings, "--out", tmp_path / "new", "--dry-run", "--sample", "3")
    assert status == 0
    assert "forecast from 3 items" in out
    forecast = json.loads((tmp_path / "new" / "forecast.json").read_text())["stages"]
    assert list(forecast) == ["situations", "synthesize"]
    facts = json.loads((folder / "stages" / "situations" / "done.json").read_text())["facts"]
    assert forecast["situations"]["first"]["value"] == facts["requests"]["first"]
    status, out, _ = duologue("run", "interference", *settings, "--out", folder, "--json", tmp_path / "t.json")
    assert status == 0
    assert "the claim: not at this scale" in out
    assert json.loads((tmp_path / "t.json").read_text())["table"] == ran.summary.result["table"]
    (folder / "report.html").unlink()
    assert duologue("report", folder)[0] == 0
    assert (folder / "report.html").exists()
    status, _, error = duologue("report", tmp_path)
    assert (status, error.count("\n")) == (2, 1)
    assert "no finished run here" in error
    status, _, error = duologue("run", "interference", "train.lerning_rate=1")
    assert (status, error.count("\n")) == (2, 1)
    assert "did you mean train.learning_rate?" in error


def test_killed_and_run_again_it_ends_the_same(
    ran: Ran, base_model: Path, server: ObligingServer, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "duologue.cli",
        "run",
        "interference",
        *small(base_model, server),
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    training = tmp_path / "stages" / "train" / "simpletod" / "model" / "training.json"
    while process.poll() is None and not training.exists():
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = len(server.asked)
    again = experiment.run(recipe(base_model, server), tmp_path)
    assert len(server.asked) == asked
    assert [stage.skipped for stage in again.stages][:5] == [True, True, True, True, False]
    assert again.summary == ran.summary


def test_nothing_made_is_one_line(base_model: Path, server: ObligingServer, tmp_path: Path) -> None:
    from duologue.errors import DuologueError

    nobody = recipe(base_model, server, "synthesize.base_url=http://127.0.0.1:9/v1")
    with pytest.raises(DuologueError, match=r"127\.0\.0\.1:9"):
        experiment.run(nobody, tmp_path)
    assert (tmp_path / "stages" / "situations" / "done.json").exists()
