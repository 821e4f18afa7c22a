"""`duologue evaluate steering|probe|steering-vectors` and `train steering`, from files to tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import duologue
from planted_direction import planted_dialogues, planted_llama
from random_families import make_random
from strategy_talk import told_talk

from duologue.dialogue import write, write_rows
from duologue.evaluation.steering.sra_row import SRARow


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


def test_predictability(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "steering", folder / "branches.jsonl", "--predictability", "--embeddings", "none"]
    assert duologue(*command, "--json", tmp_path / "p.json") == 0
    assert "words that tell it" in capsys.readouterr().out
    found = json.loads((tmp_path / "p.json").read_text())["predictability"]
    assert set(found) == {"all", "standard", "c1_hf"}
    assert found["all"][0]["accuracy"]["value"] > 95


def test_vectors_are_fitted_steer_and_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = f"hf:{planted_llama(tmp_path / 'model')}"
    data = tmp_path / "gold.jsonl"
    write(data, planted_dialogues(16))
    assert (
        duologue("evaluate", "probe", data, "--model", model, "--unit", "reply", "--json", tmp_path / "probe.json") == 0
    )
    assert "leaky" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "probe.json").read_text())["score"]["layers"]) == 3
    vectors = tmp_path / "vectors.safetensors"
    assert duologue("train", "steering", data, "--model", model, "--layer", 2, "--out", vectors) == 0
    assert "2 strategies at layer 2" in capsys.readouterr().out
    few = ["--epochs", 8, "--learning-rate", 3e-3, "--precision", "fp32", "--batch-size", 4]
    base = make_random("llama", tmp_path / "base")
    command = ["train", "classifier", data, "--format", "duologue", "--model", base, "--out", tmp_path / "c"]
    assert duologue(*command, *few) == 0
    command = [
        "evaluate",
        "steering-vectors",
        vectors,
        "--data",
        data,
        "--model",
        model,
        "--classifier",
        tmp_path / "c",
    ]
    strengths = ["--strengths", 0, "--strengths", 6, "--max-new-tokens", 8, "--dtype", "float64"]
    files = ["--json", tmp_path / "table.json", "--replies", tmp_path / "replies.jsonl"]
    assert duologue(*command, *strengths, *files) == 0
    none, strong = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert none["following"]["value"] == pytest.approx(50, abs=1)  # the same replies for both strategies
    assert strong["following"]["value"] > none["following"]["value"]
    assert strong["perplexity"] != none["perplexity"]
    assert strong["distinct_1"] < none["distinct_1"]  # it says little else
    replies = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert len(replies) == none["replies"] + strong["replies"]


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
            ["steering-vectors", "{base}/config.json", "--data", "{branches}", "--classifier", "{base}"],
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
