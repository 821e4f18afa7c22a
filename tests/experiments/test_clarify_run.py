"""The clarify experiment at its smallest: one whole run, the commands' figures, resumed, killed; wrong settings."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from clarify_talk import ClarifyServer, table_talk
from command_line import duologue
from random_llama import make_random_llama

from duologue.dialogue import read, write
from duologue.errors import InputError
from duologue.experiments import experiment
from duologue.experiments.clarify.cells import drawn
from duologue.experiments.clarify.judging import ClarifyResults, read_results
from duologue.experiments.experiment import Ran
from duologue.experiments.recipe import load_recipe
from duologue.experiments.run_folder import RECIPE
from duologue.experiments.stages import STAGES
from duologue.training.metrics_file import read_metrics

METHODS = ("dpo", "act", "grpo")


class Setting(NamedTuple):
    """What the tests share: a finished run, its folder, and the overrides that made it."""

    ran: Ran
    folder: Path
    overrides: list[str]


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    root = tmp_path_factory.mktemp("clarify")
    policy = make_random_llama(root / "llama", context=1024)
    for name, numbers in {"train": range(6), "val": range(6, 8), "test": range(8, 10)}.items():
        write(root / f"{name}.jsonl", map(table_talk, numbers))
    files = ", ".join(f"{name}: {{path: {root}/{name}.jsonl}}" for name in ("train", "val", "test"))
    with ClarifyServer() as server:
        overrides = [
            *("scale=smoke", f"policy=hf:{policy}", f"corpus.files={{format: duologue, {files}}}"),
            *("contrast.model=openai:sage", f"contrast.base_url={server.url}", "contrast.dtype=null"),
            "contrast.class_balance=null",  # every pair once, so that they can be counted
            *(
                "sizes=[2, 3]",
                "seeds=[0]",
                "trained=[dpo, act, grpo]",
                "sampling.max_new_tokens=8",
                "play.policy_tokens=8",
            ),
            *("train.max_steps=3", "train.save_steps=1", "train.max_length=1024", "sft.max_length=1024"),
        ]
        folder = root / "run"
        yield Setting(experiment.run(load_recipe("clarify", overrides), folder), folder, overrides)


def results(folder: Path) -> ClarifyResults:
    return read_results(folder / STAGES / "evaluate")


@pytest.mark.slow
def test_every_cell_is_a_stage(setting: Setting) -> None:
    trained = [f"{method}/N{size}-s0" for size in (2, 3) for method in ("sft", *METHODS)]
    played = [f"play/{name.replace('/', '-')}" for name in trained]
    names = [stage.name for stage in setting.ran.stages]
    assert names[:4] == ["corpus", "contrast", "development", "play/as-is"]
    assert set(names[4:-1]) == {*trained, *played}
    assert [each.policy.name for each in results(setting.folder).policies] == [
        "as-is",
        *(f"{method}, {size}" for size in (2, 3) for method in ("sft", *METHODS)),
    ]
    again = experiment.run(load_recipe("clarify", setting.overrides), setting.folder)
    assert all(stage.skipped for stage in again.stages)


@pytest.mark.slow
def test_figures_are_those_of_the_commands(setting: Setting, tmp_path: Path) -> None:
    stages, told = setting.folder / STAGES, tmp_path / "told.json"
    for found in results(setting.folder).policies:
        cell = found.method if found.size is None else f"{found.method}-N{found.size}-s0"
        assert duologue("evaluate", "clarify", stages / "play" / cell, "--json", told) == 0
        score = json.loads(told.read_text())["score"]
        assert score["support"]["gold clarify"] == 2
        assert score["confusion"] == msgspec.to_builtins(found.confusion)
        for name, figure in score["figures"].items():
            assert found.figures[name].value == pytest.approx(figure["value"], nan_ok=True) or figure["value"] is None


@pytest.mark.slow
def test_all_methods_learn_from_the_conversations_of_their_seed(setting: Setting) -> None:
    stages = setting.folder / STAGES
    pool = [dialogue.id for dialogue in read(stages / "corpus/train.jsonl")]
    for size in (2, 3):
        chosen = json.loads((stages / f"sft/N{size}-s0/conversations.json").read_text())
        assert chosen == drawn(pool, size, 0)
        for method in ("act", "grpo"):
            rows = (stages / method / f"N{size}-s0/model/rollouts.jsonl").read_text().splitlines()
            of = {json.loads(row)["id"].rpartition("-")[0] for row in rows}
            assert of == set(chosen)
        record = json.loads((stages / f"dpo/N{size}-s0/model/training.json").read_text())
        assert record["examples"] == 3 * size
        assert record["model"] == f"hf:{stages / f'sft/N{size}-s0/model'}", "it goes on from the fine-tuned policy"
    assert drawn(pool, 2, 0) == drawn(pool, 3, 0)[:2]
    assert len({tuple(drawn(pool, 3, seed)) for seed in range(4)}) > 1


@pytest.mark.slow
def test_the_loss_of_development_pairs_tells_their_sides_apart(setting: Setting) -> None:
    curve = read_metrics(setting.folder / STAGES / "dpo/N3-s0/model/metrics.jsonl")
    losses = [row["eval_loss"] for row in curve if "eval_loss" in row]
    assert losses
    assert all(abs(loss - math.log(2)) > 1e-7 for loss in losses), "equal sides have a loss of ln 2 always"


@pytest.mark.slow
def test_what_is_changed_is_done_again_and_nothing_else(setting: Setting) -> None:
    def left(*more: str) -> list[str]:
        plan = experiment.plan(load_recipe("clarify", [*setting.overrides, *more]), setting.folder).stages
        return [each.stage.name for each in plan if not each.finished]

    seed = [name for method in ("sft", *METHODS) for name in (f"{method}/N2-s1", f"play/{method}-N2-s1")]
    assert left("sizes=[2]", "seeds=[0, 1]") == [*seed, "evaluate"]
    cells = [name for size in (2, 3) for name in (f"act/N{size}-s0", f"play/act-N{size}-s0")]
    assert left("methods.act.beta=0.3") == [*cells, "evaluate"]
    more = ["trained=[dpo, act, grpo, act-no-simulation]", "sizes=[3]"]
    assert left(*more) == ["act-no-simulation/N3-s0", "play/act-no-simulation-N3-s0", "evaluate"]
    pairs = ["contrast/act-pseudo-labels", "act-pseudo-labels/N3-s0", "play/act-pseudo-labels-N3-s0"]
    assert left("trained=[dpo, act, grpo, act-pseudo-labels]", "sizes=[3]") == [*pairs, "evaluate"]
    assert left("evaluate.compared=dpo") == ["evaluate"]
    assert not left("report.examples=0")


@pytest.mark.slow
def test_the_report_says_what_was_measured(setting: Setting) -> None:
    page = setting.ran.report.read_text()
    body = page.partition("<footer>")[0]
    found = results(setting.folder)
    assert len(found.claims) == 12, "two of each method for both numbers; nobody asked, so there is none after asking"
    for claim in found.claims:
        assert claim.says in page
        assert f"not at this scale: {claim.says}" in setting.ran.summary.lines, "two conversations decide nothing"
    assert page.count("<svg") == 4, "policies, by number of conversations, learning curves of each number"
    for told in ("wrong action", "demoted", "talkative", "in training terse", "act, 3", "best at"):
        assert told in body
    for gone in ("<script", "<link", "@import", "http://127"):
        assert gone not in body
    assert setting.ran.summary.result["compared"] == "act"
    assert {each["other"] for each in setting.ran.summary.result["differences"]} == {"as-is", "sft", *METHODS} - {"act"}


@pytest.mark.slow
def test_a_kill_in_a_training_changes_nothing(setting: Setting, tmp_path: Path) -> None:
    """The trainings before are not repeated, the one in the middle goes on, and the figures are the same."""
    folder, stages = tmp_path / "run", tmp_path / "run" / STAGES
    shutil.copytree(setting.folder, folder)
    for name in ("act/N3-s0", "play/act-N3-s0", "evaluate"):
        shutil.rmtree(stages / name)
    before = {path: path.stat().st_mtime_ns for path in stages.rglob("done.json")}
    process = subprocess.Popen(
        [sys.executable, "-m", "duologue.cli", "run", str(folder / RECIPE), "--out", str(folder)],
        env=os.environ,
        stderr=subprocess.DEVNULL,
    )
    model = stages / "act/N3-s0/model"
    while process.poll() is None and not any("eval_loss" in row for row in read_metrics(model / "metrics.jsonl")):
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (stages / "act/N3-s0/done.json").exists()
    experiment.run(load_recipe(str(folder / RECIPE)), folder)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    whole = setting.folder / STAGES
    for name in ("act/N3-s0/model/rollouts.jsonl", "act/N3-s0/model/metrics.jsonl", "evaluate/rows.jsonl"):
        assert (stages / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("methods.act.learnig_rate=1", "methods.act.learnig_rate'; did you mean methods.act.learning_rate?"),
        ("methods.new.how=ppo", "methods.new"),
        ("trained=[act, ppo]", "there is no method 'ppo': there are dpo"),
        ("trained=[act, act]", "something stands there twice: act, act"),
        ("sizes=[50, 500]", "500 conversations of a pool of 250"),
        ("train.best_metric=bleu", "there is no figure 'bleu'"),
        ("policy=openai:some", "openai:some cannot be trained here"),
        ("play.user=terse", "play.user is terse, whom policies meet in training"),
        ("play.databases=spider", "databases belong to the corpus"),
        ("corpus.files={train: {path: a}, val: {path: b}, test: {path: nowhere.json}}", "cannot be read"),
    ],
)
def test_what_does_not_fit_is_told(change: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        experiment.plan(load_recipe("clarify", [change]), Path("runs/none"))


def test_a_pool_that_is_too_small_and_an_id_that_is_there_twice(tmp_path: Path) -> None:
    write(tmp_path / "talks.jsonl", [table_talk(1), table_talk(1)])
    files = ", ".join(f"{name}: {{path: {tmp_path}/talks.jsonl}}" for name in ("train", "val", "test"))
    recipe = load_recipe("clarify", ["scale=smoke", f"corpus.files={{format: duologue, {files}}}"])
    with pytest.raises(InputError, match="two conversations have this id"):
        experiment.run(recipe, tmp_path / "run")


def test_published_settings_are_the_releases() -> None:
    recipe = load_recipe("paper/clarify")
    act = recipe.methods["act"]
    assert (act.beta, act.learning_rate, act.optimizer, act.epochs) == (0.05, 5e-7, "rmsprop", 2)
    assert act.batch_size * act.accumulate == 8
    assert (recipe.sft.learning_rate, recipe.sft.epochs, recipe.sft.packing) == (1e-5, 8, True)
    assert (recipe.contrast.icl_examples, recipe.contrast.target_label) == (10, "clarify")
    assert recipe.sizes == [50, 100, 250]
