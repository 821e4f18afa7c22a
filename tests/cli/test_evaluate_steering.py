"""`duologue evaluate steering|probe|steering-vectors` and `train steering`, from files to tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import duologue
from planted_direction import planted_dialogues, planted_llama
from random_families import make_random
from strategy_talk import told_talk
from transformers import AutoModelForCausalLM

from duologue.dialogue import write, write_rows
from duologue.evaluation.steering.sra_row import SRARow
from duologue.models import LedgerError, LedgerReader
from duologue.models.steering_vectors import read_vectors, write_vectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Branches, and a classifier that has learnt their strategies."""
    place = tmp_path_factory.mktemp("steering")
    write(place / "branches.jsonl", told_talk(12))
    few = ["--epochs", 6, "--learning-rate", 3e-3, "--precision", "fp32"]
    base = make_random("llama", place / "base")
    command = ["train", "classifier", place / "branches.jsonl", "--format", "duologue", "--model", base, *few]
    assert duologue(*command, "--out", place / "classifier") == 0
    return place


def test_following_with_attention(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attention = [
        SRARow(
            branch.id,
            dialogue.id,
            "tiny",
            3,
            branch.labels["layout"][0],
            sra={"response_mean": {"strategy_name": 0.001 * (1 + at)}},
        )
        for dialogue in told_talk(12)
        for at, branch in enumerate(dialogue.branches)
        if "layout" in branch.labels
    ]
    write_rows(tmp_path / "attention.jsonl", attention)
    command = ["evaluate", "steering", folder / "branches.jsonl", "--classifier", folder / "classifier"]
    extra = [
        "--attention",
        tmp_path / "attention.jsonl",
        "--rows",
        tmp_path / "rows.jsonl",
        "--json",
        tmp_path / "s.json",
    ]
    assert duologue(*command, *extra) == 0
    out = capsys.readouterr().out
    assert "following: 144 replies of 12 conversations" in out
    assert "c1_hf" in out
    assert "r of log SRA" in out
    score = json.loads((tmp_path / "s.json").read_text())
    assert score["following"]["accuracy"]["value"] > 80
    assert set(score["following"]["layout_depths"]["c1_hf"]) == {"3", "5"}
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert len(rows) == 144
    assert rows[0].keys() >= {"id", "strategy", "recognised", "probability", "depth", "layout"}
    followed = 100 * sum(row["strategy"] == row["recognised"] for row in rows) / len(rows)
    assert followed == pytest.approx(score["following"]["accuracy"]["value"])


def test_over_layouts_the_correlation_has_an_interval(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_talk(12, layouts=("standard", "c1_hf", "c3_hf"))
    attention = []
    for number, dialogue in enumerate(told):
        for at, branch in enumerate(dialogue.branches[:-1]):  # the last one has no strategy
            layout = branch.labels["layout"][0]
            if number % {"standard": 2, "c3_hf": 4, "c1_hf": len(told)}[layout] == 0:
                branch.turns[0].text = "happy friday ! and happy sister !"
            sra = {"standard": 0.001, "c3_hf": 0.004, "c1_hf": 0.005}[layout] * (1 + at % 5)
            row = SRARow(branch.id, dialogue.id, "tiny", 3, layout, sra={"response_mean": {"strategy_name": sra}})
            attention.append(row)
    write(tmp_path / "branches.jsonl", told)
    write_rows(tmp_path / "attention.jsonl", attention)
    command = ["evaluate", "steering", tmp_path / "branches.jsonl", "--classifier", folder / "classifier"]
    assert duologue(*command, "--attention", tmp_path / "attention.jsonl", "--json", tmp_path / "s.json") == 0
    correlation = json.loads((tmp_path / "s.json").read_text())["correlation"]
    out = " ".join(capsys.readouterr().out.split())
    for name, field in (("r of mean SRA", "layout_pearson"), ("r of mean log SRA", "layout_log_pearson")):
        figure = correlation[field]
        assert figure["interval"]["low"] < figure["value"] <= figure["interval"]["high"]
        shown = f"{name}, over layouts │  {figure['value']:.3f} │ {figure['interval']['low']:.3f} – "
        assert " ".join(shown.split()) in out


def test_predictability(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "steering", folder / "branches.jsonl", "--predictability", "--embeddings", "none"]
    assert duologue(*command, "--json", tmp_path / "p.json") == 0
    assert "words that tell it" in capsys.readouterr().out
    found = json.loads((tmp_path / "p.json").read_text())["predictability"]
    assert set(found) == {"all", "standard", "c1_hf"}
    assert found["all"][0]["accuracy"]["value"] > 95


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in which two strategies are planted, its vectors, replies of both, and a classifier of them."""
    place = tmp_path_factory.mktemp("planted")
    model, data = f"hf:{planted_llama(place / 'model')}", place / "gold.jsonl"
    write(data, planted_dialogues(16))
    vectors = place / "vectors.safetensors"
    assert duologue("train", "steering", data, "--model", model, "--layer", 2, "--out", vectors) == 0
    few = ["--epochs", 8, "--learning-rate", 3e-3, "--precision", "fp32", "--batch-size", 4]
    base = make_random("llama", place / "base")
    command = ["train", "classifier", data, "--format", "duologue", "--model", base, "--out", place / "classifier"]
    assert duologue(*command, *few) == 0
    return place


def sweep(planted: Path, out: Path, *strengths: float, vectors: Path | None = None, tokens: int = 8) -> list[str]:
    """The arguments of `duologue`."""
    command = ["evaluate", "steering-vectors", str(vectors or planted / "vectors.safetensors"), "--dtype", "float64"]
    command += ["--data", str(planted / "gold.jsonl"), "--model", f"hf:{planted / 'model'}", "--out", str(out)]
    command += ["--classifier", str(planted / "classifier"), "--max-new-tokens", str(tokens)]
    return [*command, *(word for each in strengths for word in ("--strengths", str(each)))]


def test_a_probe_reads_every_layer(planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "probe", planted / "gold.jsonl", "--model", f"hf:{planted / 'model'}", "--unit", "reply"]
    assert duologue(*command, "--json", tmp_path / "probe.json") == 0
    assert "leaky" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "probe.json").read_text())["score"]["layers"]) == 3


def test_vectors_steer_and_are_judged(planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duologue(*sweep(planted, tmp_path / "out", 0, 6), "--json", tmp_path / "table.json") == 0
    told = capsys.readouterr().out
    none, strong = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert none["following"]["value"] == pytest.approx(50, abs=1)  # the same replies for both strategies
    assert strong["following"]["value"] > none["following"]["value"]
    assert strong["perplexity"] != none["perplexity"]
    assert strong["distinct_1"] < none["distinct_1"]  # it says little else
    replies = [json.loads(line) for line in (tmp_path / "out/replies.jsonl").read_text().splitlines()]
    assert len(replies) == none["replies"] + strong["replies"]
    assert (tmp_path / "out/strengths.json").read_bytes() == (tmp_path / "table.json").read_bytes()
    assert f"asked {kept(tmp_path / 'out')} · from ledger 0" in told


def test_a_reply_that_says_nothing_is_counted(planted: Path, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(planted / "model")
    ends = model.get_input_embeddings().weight[model.config.eos_token_id].detach().numpy()
    fitted = read_vectors(planted / "vectors.safetensors")
    vectors = fitted._replace(vectors={**fitted.vectors, "Plus": 1000 * ends})  # it ends at once
    write_vectors(tmp_path / "silent.safetensors", vectors)
    assert duologue(*sweep(planted, tmp_path / "out", 4, vectors=tmp_path / "silent.safetensors")) == 0
    (row,) = json.loads((tmp_path / "out/strengths.json").read_text())["rows"]
    assert row["empty"] == row["replies"] / 2
    assert row["distinct_1"] is not None


def test_a_sweep_that_was_killed_goes_on_where_it_was(
    planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strengths = (0, 2, 4, 6)
    assert duologue(*sweep(planted, tmp_path / "whole", *strengths, tokens=80)) == 0
    command = [sys.executable, "-m", "duologue.cli", *sweep(planted, tmp_path / "cut", *strengths, tokens=80)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not kept(tmp_path / "cut") and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before, total = kept(tmp_path / "cut"), kept(tmp_path / "whole")
    assert 0 < before < total
    assert not (tmp_path / "cut/strengths.json").exists()
    capsys.readouterr()
    assert duologue(*sweep(planted, tmp_path / "cut", *strengths, tokens=80)) == 0
    assert f"asked {total - before} · from ledger" in capsys.readouterr().out
    for name in ("strengths.json", "replies.jsonl"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def kept(out: Path) -> int:
    """Replies in the ledger, as an onlooker reads it."""
    with suppress(LedgerError), LedgerReader(out / "ledger") as ledger:
        return ledger.count()
    return 0  # it is being made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["steering", "{branches}"], "nothing to evaluate"),
        (["steering", "--predictability"], "no branch and no system turn has a strategy"),
        (["steering", "{branches}", "{branches}", "--predictability"], "a second reply talk0-t3~Information~standard"),
        (["steering", "{branches}", "--classifier", "{base}"], "without a classification head"),
        (["steering", "{branches}", "--rows", "x", "--predictability"], "--rows and --attention need following"),
        (["probe", "{branches}", "--model", "hf:{base}", "--layers", 9], "there is no layer 9"),
        (["probe", "{branches}", "--model", "openai:x"], "cannot be looked into"),
        (
            ["steering-vectors", "{base}/config.json", "--data", "{branches}", "--classifier", "{base}", "--out", "x"],
            "no safetensors file",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(
    arguments: list[object], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"branches": folder / "branches.jsonl", "base": folder / "base"}
    assert duologue("evaluate", *(str(each).format(**places) for each in arguments)) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0
