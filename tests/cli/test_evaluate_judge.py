"""`duologue evaluate judge` and `evaluate rubric` as a user runs them, on a server that judges by rule."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue
from continued import STRATEGIES, continued, write_continued
from judging_server import JudgingServer

from duologue.dialogue import DialoguePrediction, TurnPrediction, write, write_rows

_KINDS = ("better", "worse", "even", "alike", "unclear")


@pytest.fixture
def server() -> Iterator[JudgingServer]:
    with JudgingServer() as server:
        yield server


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Point 0: the first system is better; 1: worse; 2: a tie; 3: whichever is shown first; 4: no verdict."""
    first = write_continued(tmp_path / "one", 5, lambda point, name: f"{_KINDS[point]}, says one, {name}", "c1_hf")
    second = write_continued(
        tmp_path / "other", 5, lambda point, name: f"{'better' if point == 1 else 'hm'}, says the other, {name}"
    )
    return first, second


def judged(server: JudgingServer, first: Path, second: Path, out: Path, *more: object) -> dict[str, Any]:
    model = ("--model", "openai:judge", "--base-url", server.url)
    assert duologue("evaluate", "judge", first, second, *model, "--out", out, *more) == 0
    score: dict[str, Any] = json.loads((out / "scores.json").read_text("utf-8"))["score"]
    return score


def test_a_system_wins_where_it_does_in_both_orders(
    server: JudgingServer, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = judged(server, *folders, tmp_path / "out")
    assert score["systems"] == ["c1_hf", "standard"]
    assert score["counts"] == {"first": 3, "second": 3, "tie": 6, "unparsable": 3, "failed": 0}
    assert score["shares"]["unparsable"]["value"] == 20
    assert score["both_ties"] == 3
    # Nine decided for one answer in both orders; the three that are alike go by position, 3 of 4 kinds agree.
    assert score["position"]["first_twice"] == 3
    assert score["position"]["second_twice"] == 0
    assert score["position"]["consistent"]["value"] == 75
    assert score["position"]["shown_first"]["value"] == pytest.approx(100 * 12 / 18)
    assert score["by_strategy"]["Offer Hope"] == {"first": 1, "second": 1, "tie": 2, "unparsable": 1}
    (pair,) = score["wins"]["pairs"]
    assert pair["standing"]["rate"]["value"] == 50
    shown = capsys.readouterr().out
    assert "c1_hf wins" in shown
    assert "unparsable" in shown
    assert "shown first won 3 times" in shown
    rows = [json.loads(line) for line in (tmp_path / "out/verdicts.jsonl").read_text("utf-8").splitlines()]
    assert [row["outcome"] for row in rows if row["strategy"] == "Clarification"] == [
        "first", "second", "tie", "tie", "unparsable",
    ]  # fmt: skip
    assert rows[-1]["said"][0].startswith("Both have their merits")


def test_the_judge_sees_strategy_and_history_and_no_system(
    server: JudgingServer, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    judged(server, *folders, tmp_path / "out", "--limit", 1)
    assert len(server.log) == 2
    for body in server.log:
        system, user = (message["content"] for message in body["messages"])
        assert "follows it better" in system
        assert 'The strategy: "Offer Hope" (' in user
        assert "seeker: I lost my job number 0." in user
        assert "c1_hf" not in user
        assert "standard" not in user
    assert server.asked[0].index("says one") < server.asked[0].index("says the other")
    assert server.asked[1].index("says one") > server.asked[1].index("says the other")


def test_pairs_go_by_what_they_answer_not_by_place(
    server: JudgingServer, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turned = list(reversed(continued(5, lambda point, name: f"{'better' if point == 1 else 'hm'}, other, {name}")))
    for dialogue in turned:
        dialogue.branches.reverse()
    write(tmp_path / "turned.jsonl", turned[:-1])
    model = ("--model", "openai:judge", "--base-url", server.url)
    assert duologue("evaluate", "judge", folders[0], tmp_path / "turned.jsonl", *model, "--out", tmp_path / "out") == 1
    counts = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))["score"]["counts"]
    assert counts == {"first": 0, "second": 3, "tie": 6, "unparsable": 3, "failed": 0}
    told = capsys.readouterr().err
    assert "3 answers that cannot be compared" in told
    assert "esconv-0000, turn 3, Offer Hope: only c1_hf answers it; left out" in told


def test_a_failed_request_is_counted_and_listed(
    server: JudgingServer, folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.always = "400"
    model = ("--model", "openai:judge", "--base-url", server.url)
    assert duologue("evaluate", "judge", *folders, *model, "--limit", 2, "--out", tmp_path / "out") == 1
    score = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))["score"]
    assert score["counts"]["failed"] == 2
    assert "2 comparisons whose requests failed" in capsys.readouterr().err


def test_killed_and_run_again_it_asks_only_what_is_missing(
    server: JudgingServer, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    whole = judged(server, *folders, tmp_path / "whole")
    total = len(server.log)
    assert total == 2 * 5 * len(STRATEGIES)
    server.log.clear()
    server.latency = 0.1
    command = [sys.executable, "-m", "duologue.cli", "evaluate", "judge", *map(str, folders)]
    command += [
        "--model",
        "openai:judge",
        "--base-url",
        server.url,
        "--concurrency",
        "2",
        "--out",
        str(tmp_path / "cut"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(server.log) < total // 2 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = 0
    for path in (tmp_path / "cut/ledger").glob("ledger-*.sqlite"):
        with closing(sqlite3.connect(path)) as ledger:
            kept += ledger.execute("SELECT count(*) FROM reply").fetchone()[0]
    assert total // 2 - 4 <= kept < total
    assert not (tmp_path / "cut/verdicts.jsonl").exists()
    server.log.clear()
    server.latency = 0
    assert judged(server, *folders, tmp_path / "cut") == whole
    assert len(server.log) == total - kept


def test_predictions_are_compared_by_dialogue_and_turn(server: JudgingServer, tmp_path: Path) -> None:
    dialogues = continued(3, lambda point, name: "hm")
    write(tmp_path / "test.jsonl", dialogues)
    for name, text in (("a", "better"), ("b", "hm")):
        rows = [DialoguePrediction(each.id, [TurnPrediction(1, f"{text} {each.id}")]) for each in dialogues]
        write_rows(tmp_path / f"{name}.jsonl", rows if name == "a" else rows[::-1])
    more = ("--reference", tmp_path / "test.jsonl")
    score = judged(server, tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "out", *more)
    assert score["systems"] == ["a", "b"]
    assert score["counts"]["first"] == 3
    assert "strategy" not in server.asked[0]
    assert "Last week" not in server.asked[0]  # what comes after the answer is not shown


def test_several_layouts_in_one_file(server: JudgingServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = continued(2, lambda *_: "better", "c1_hf"), continued(2, lambda *_: "hm", "standard")
    for dialogue, more in zip(one, other, strict=True):
        dialogue.branches += more.branches
    write(tmp_path / "both.jsonl", one)
    both = (tmp_path / "both.jsonl", tmp_path / "both.jsonl")
    assert duologue("evaluate", "judge", *both, "--out", tmp_path / "out") == 2
    assert "holds several layouts (c1_hf, standard); name one with --layouts" in capsys.readouterr().err
    score = judged(server, *both, tmp_path / "out", "--layouts", "standard", "c1_hf")
    assert score["counts"]["second"] == 6


def test_a_rubric_scores_every_criterion(
    server: JudgingServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_continued(tmp_path / "run", 4, lambda point, name: f"worth {point + 2}" if point < 3 else "nothing")
    model = ("--model", "openai:judge", "--base-url", server.url)
    assert duologue("evaluate", "rubric", tmp_path / "run", *model, "--out", tmp_path / "out") == 0
    score = json.loads((tmp_path / "out/scores.json").read_text("utf-8"))["score"]
    assert set(score["criteria"]) == {"adherence", "empathy", "relevance", "coherence", "naturalness"}
    assert score["criteria"]["empathy"]["mean"]["value"] == 3
    assert score["criteria"]["empathy"]["unparsable"] == 3
    assert score["criteria"]["empathy"]["given"] == {"2": 3, "3": 3, "4": 3}
    assert score["overall"]["value"] == 3
    assert "adherence" in capsys.readouterr().out
    (tmp_path / "own.yaml").write_text("always: {warmth: It is warm.}\n", "utf-8")
    mine = ("--criteria", tmp_path / "own.yaml", "--out", tmp_path / "mine")
    assert duologue("evaluate", "rubric", tmp_path / "run", *model, *mine) == 0
    assert "warmth: It is warm." in server.asked[-1]
    (tmp_path / "own.yaml").write_text("warmth\n", "utf-8")
    assert duologue("evaluate", "rubric", tmp_path / "run", *model, *mine) == 2


def test_nothing_in_common_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write_continued(tmp_path / "one", 1, lambda *_: "hm", "c1_hf")
    write(tmp_path / "plain.jsonl", [])
    assert duologue("evaluate", "judge", one, tmp_path / "plain.jsonl", "--out", tmp_path / "out") == 2
    assert "plain.jsonl: no dialogue has a branch" in capsys.readouterr().err
    for more, told in (
        (("--limit", 0), "--limit: expected at least 1, found 0"),
        (("--names", "a", "a"), "--names: both systems are called 'a'"),
        (("--layouts", "c1_hf", "c5_hl"), "no branch has the layout 'c5_hl'; there are c1_hf"),
        (("--judge-tokens", 0), "max_tokens"),
        (("--reference", tmp_path / "plain.jsonl"), "dialogues.jsonl, line 1"),
    ):
        both = (one / "dialogues.jsonl", one / "dialogues.jsonl")
        assert duologue("evaluate", "judge", *both, "--out", tmp_path / "out", *more) == 2
        assert told in capsys.readouterr().err
