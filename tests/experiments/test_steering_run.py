"""The steering experiment at its smallest: the same pairs everywhere, figures as the commands have them, resumed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from command_line import duologue
from supporting_server import SupportingServer

from duologue.corpora.worlds.support.write import write
from duologue.dialogue import Dialogue, read, read_rows
from duologue.errors import InputError
from duologue.evaluation.steering.following import FollowingRow
from duologue.evaluation.steering.sra_row import SRARow
from duologue.experiments import experiment
from duologue.experiments.experiment import Ran
from duologue.experiments.recipe import load_recipe
from duologue.experiments.settings import Recipe
from duologue.experiments.stages import STAGES, Work
from duologue.experiments.steering.judging import SteeringResults, read_results
from duologue.experiments.steering.training import train
from duologue.models.budget import Budget

THREE = "Offer Hope, Clarification, Share Information"
CONDITIONS = {"standard": "standard", "c1_hf": "c1_hf", "standard, tuned": "tuned-standard"}
SMALL = ["scale=smoke", "corpus.sample.test=6", "continuation.points=6"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    folder = tmp_path_factory.mktemp("steering") / "run"
    return experiment.run(load_recipe("steering", SMALL), folder), folder


def results(folder: Path) -> SteeringResults:
    return read_results(folder / STAGES / "evaluate")


def replies(folder: Path, stage: str) -> dict[str, tuple[str, str]]:
    """Branch -> strategy and text."""
    dialogues: list[Dialogue] = list(read(folder / STAGES / "continue" / stage / "dialogues.jsonl"))
    return {
        branch.id: (branch.labels["strategy"][0], branch.turns[0].said)
        for dialogue in dialogues
        for branch in dialogue.branches
    }


@pytest.mark.slow
def test_every_condition_has_the_same_pairs(ran: tuple[Ran, Path]) -> None:
    asked = []
    for stage in CONDITIONS.values():
        folder = ran[1] / STAGES / "continue" / stage
        rejected = [json.loads(line)["id"] for line in (folder / "rejected.jsonl").read_text().splitlines()]
        asked.append(len(replies(ran[1], stage)) + len(rejected))
    assert asked == [18, 18, 18], "six points and three strategies, told or told why not"
    first, second, tuned = (replies(ran[1], stage) for stage in CONDITIONS.values())
    shared = first.keys() & second.keys() & tuned.keys()
    assert shared
    assert all(first[key][0] == second[key][0] == tuned[key][0] for key in shared)
    assert [text for _, text in first.values()] != [text for _, text in second.values()]


@pytest.mark.slow
def test_figures_are_those_of_the_commands(ran: tuple[Ran, Path], tmp_path: Path) -> None:
    stages = ran[1] / STAGES
    for name, stage in CONDITIONS.items():
        found = results(ran[1]).conditions[name]
        branches, model = stages / "continue" / stage / "dialogues.jsonl", stages / "train/model"
        out, told = tmp_path / stage, tmp_path / f"{stage}.json"
        judge = ["--classifier", stages / "classifier/model", "--json", told]
        assert duologue("evaluate", "steering", branches, *judge) == 0
        following = json.loads(told.read_text())["following"]
        assert following["accuracy"] == msgspec.to_builtins(found.following.accuracy)
        spec = f"hf:{resolved(stages)}+{model}" if "tuned" in stage else "tiny"
        assert duologue("attend", branches, "--model", spec, "--dtype", "float32", "--out", out, "--json", told) == 0
        (layout,) = json.loads(told.read_text())["layout"].values()
        assert found.attention is not None
        assert layout["sra"]["value"] == pytest.approx(found.attention.replies.sra.value, rel=1e-4)


def resolved(stages: Path) -> str:
    """The embedded model's folder, on which the adapter lies."""
    return str(json.loads((stages / "train/model/adapter_config.json").read_text())["base_model_name_or_path"])


@pytest.mark.slow
def test_a_row_is_kept_of_every_reply(ran: tuple[Ran, Path]) -> None:
    folder = ran[1] / STAGES / "evaluate"
    following = {(row.id, row.layout) for row in read_rows(folder / "following.jsonl", FollowingRow)}
    measured = {(row.id, row.layout) for row in read_rows(folder / "attention.jsonl", SRARow)}
    assert following == measured
    assert {layout for _, layout in following} == set(CONDITIONS)
    assert len(following) == sum(found.following.replies for found in results(ran[1]).conditions.values())


@pytest.mark.slow
def test_nothing_is_done_twice_and_a_new_layout_only_adds(ran: tuple[Ran, Path]) -> None:
    again = experiment.run(load_recipe("steering", SMALL), ran[1])
    assert all(stage.skipped for stage in again.stages)
    more = load_recipe("steering", [*SMALL, "layouts=[standard, c1_hf, c3_hl]"])
    plan = experiment.plan(more, ran[1]).stages
    assert [each.stage.name for each in plan if not each.finished] == ["continue/c3_hl", "attend/c3_hl", "evaluate"]
    other = load_recipe("steering", [*SMALL, "train.lora.r=4"])
    left = [each.stage.name for each in experiment.plan(other, ran[1]).stages if not each.finished]
    assert left == ["train", "continue/tuned-standard", "attend/tuned-standard", "evaluate"]


@pytest.mark.slow
def test_the_report_says_what_was_measured(ran: tuple[Ran, Path]) -> None:
    done, folder = ran
    page = done.report.read_text()
    found = results(folder)
    for claim in found.claims:
        assert claim.says in page
        assert f"{claim.answer}: {claim.says}" in done.summary.lines
    assert page.count("<svg") == 3, "layouts, depth, attention against following"
    text = next(iter(replies(folder, "standard").values()))[1]
    assert text.replace("'", "&#39;") in page
    for gone in ("<script", "<link", "@import", "http://127"):
        assert gone not in page.partition("<footer>")[0]
    assert done.summary.result["conditions"]["c1_hf"]["following"]["replies"] == len(replies(folder, "c1_hf"))


def server_recipe(server: SupportingServer, folder: Path) -> Recipe:
    asked = [f"{part}.{key}" for part in ("taught", "continuation") for key in (
        "model=openai:supporter", f"base_url={server.url}", "dtype=null", "points=8",
    )]  # fmt: skip
    return load_recipe(
        "steering",
        [
            *("scale=smoke", f"corpus.file.path={folder / 'support/ESConv.json'}", "corpus.file.test=6"),
            *asked,
            *("attend=null", "train=null", "classifier.learn_from=taught", "classifier.validation_share=0.3"),
        ],
    )


@pytest.mark.slow
def test_a_file_a_server_and_weak_labels(tmp_path: Path) -> None:
    write(tmp_path / "support", n=40, seed=5)
    with SupportingServer() as server:
        done = experiment.run(server_recipe(server, tmp_path), tmp_path / "run")
    names = [stage.name for stage in done.stages]
    assert names == ["corpus", "taught", "classifier", "continue/standard", "continue/c1_hf", "evaluate"]
    found = results(tmp_path / "run")
    assert found.correlation is None
    assert all(each.attention is None for each in found.conditions.values())
    assert not any("SRA" in claim.measured for claim in found.claims)
    test = {each.id for each in read(tmp_path / "run/stages/corpus/test.jsonl")}
    train = {each.id for each in read(tmp_path / "run/stages/corpus/train.jsonl")}
    assert len(test) == 6
    assert len(train) == 34
    assert not test & train
    page = done.report.read_text().partition("<footer>")[0]
    assert page.count("<svg") == 2, "layouts and depth"
    assert "over uniform" not in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("continuation.model=openai:some", "openai:some cannot be trained here: name train.base"),
        ("continuation.layout=c1_hf", "name layouts in the recipe's `layouts`"),
        ("layouts=[standard, standard]", "a layout stands there twice"),
        ("steering.colection=esconv", "steering"),
        ("corpus.file.path=nowhere.json", "nowhere.json"),
    ],
)
def test_what_does_not_fit_is_told(change: str, told: str) -> None:
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        experiment.plan(load_recipe("steering", [change]), Path("runs/none"))


def test_published_settings_are_the_papers() -> None:
    recipe = load_recipe("paper/steering", ["corpus.file.path=none"])
    train = recipe.train
    assert (train.lora.r, train.lora.alpha, train.lora.dropout) == (128, 256, 0.05)
    assert train.batch_size * train.accumulate == 64
    assert (train.epochs, train.scheduler, train.restarts, train.warmup_steps) == (5, "cosine_with_restarts", 5, 0.1)
    assert recipe.classifier.batch_size * recipe.classifier.accumulate == 128
    assert len(recipe.layouts) == 7


def test_nothing_to_learn_from_is_told(tmp_path: Path) -> None:
    (tmp_path / "dialogues.jsonl").write_text("")
    work = Work(tmp_path, {"taught": tmp_path}, {}, tmp_path, Budget())
    with pytest.raises(InputError, match="0 conversations were continued, and one must be left"):
        train(work, load_recipe("steering"))
