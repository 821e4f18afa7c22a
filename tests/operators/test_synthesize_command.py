"""`duologue synthesize` and `gather` as a user meets them: what they print, how they end, what is there after."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import duologue
from samples import situated, write_corpus

from duologue.dialogue import write

_HERE = Path(__file__).parents[1] / "helpers"


@contextmanager
def server(tmp_path: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, str(_HERE / "rule_server.py"), str(tmp_path / "server.log"), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}/v1"
    finally:
        process.kill()
        process.communicate()


def synthesize(corpus: Path, url: str, *more: object, operator: str = "interference") -> int:
    return duologue("synthesize", operator, corpus, "--model", "openai:rules", "--base-url", url, *more)


def test_a_run_ends_with_a_table_and_a_receipt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 30)
    bare = situated(99)
    bare.facts = {}
    write(corpus, [*map(situated, range(30)), bare])
    out = tmp_path / "out"
    with server(tmp_path) as url:
        assert synthesize(corpus, url, "--out", out, "--json", tmp_path / "receipt.json") == 0
    told = capsys.readouterr().out
    receipt = json.loads((out / "receipt.json").read_bytes())
    assert receipt == json.loads((tmp_path / "receipt.json").read_bytes())
    assert receipt["complete"]
    assert receipt["tried"] == 30 == receipt["made"] + sum(receipt["rejected"].values())
    assert receipt["not_tried"] == {"no situation": 1}
    assert json.loads((out / "skipped.jsonl").read_bytes()) == {
        "id": "MUL0099",
        "reason": "no situation",
        "evidence": "",
    }
    assert receipt["requests"]["asked"] == len([x for x in (tmp_path / "server.log").open() if x.startswith("asked")])
    for word in ("30 tried", "made", "rejected: requestable-leak", "not tried: 1 (no situation)", "from ledger 0"):
        assert word in told
    published = json.loads((out / "interference.json").read_bytes())
    rows = [json.loads(line) for line in (out / "rejected.jsonl").open()]
    assert len(published) + len(rows) == 30
    assert all(set(row) == {"id", "gate", "evidence"} and row["evidence"] for row in rows)
    for dialogue in published.values():
        user, system = dialogue["augmented_idx"]
        assert dialogue["log"][user]["backstory"]
        assert dialogue["log"][system]["reaction"]


def test_situations_of_other_dialogues_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "situations.json").write_text('{"SNG0001": "I am ill."}')
    bare = situated(1)
    bare.facts = {}
    write(tmp_path / "corpus.jsonl", [bare])
    options = ["--situations", tmp_path / "situations.json", "--out", tmp_path / "out"]
    assert synthesize(tmp_path / "corpus.jsonl", "http://127.0.0.1:9/v1", *options) == 1
    told = capsys.readouterr().out
    assert "nothing was tried" in told
    assert "not tried: 1 (no situation)" in told


def test_preview_shows_prompts_and_answers_and_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 30)
    with server(tmp_path, "--broken", "0") as url:
        assert synthesize(corpus, url, "--out", tmp_path / "out", "--preview", 2) == 0
        told = capsys.readouterr().out
        assert told.count("interference/backstory · user") == 2
        assert told.count("interference/reaction · user") == 2
        assert situated(1).facts["situation"] in told
        assert "<Reaction: Thank you for telling me about" in told
        assert "MUL0002" not in told
        assert not (tmp_path / "out" / "dialogues.jsonl").exists()
        # What was previewed is not asked again.
        assert synthesize(corpus, url, "--out", tmp_path / "out", "--limit", 2) == 0
    assert "asked 0 · from ledger 4" in capsys.readouterr().out


def test_situations_feed_interference(tmp_path: Path) -> None:
    chats = tmp_path / "chats.json"
    exchange = "'User: My aunt Ada is ill.',\n'System: Oh no.',\n'User: I visit her soon.'"
    chats.write_text(json.dumps({f"MUL{n:04d}": {"exchange": exchange, "gen_sit": ""} for n in range(3)}))
    bare = [situated(number) for number in range(4)]
    for dialogue in bare:
        dialogue.facts = {}
    write(tmp_path / "corpus.jsonl", bare)
    with server(tmp_path, "--broken", "0") as url:
        first = tmp_path / "situations"
        assert synthesize(chats, url, "--format", "situations", "--out", first, operator="situation") == 0
        published = json.loads((first / "situation.json").read_bytes())
        assert published["MUL0001"]["gen_sit"] == "My aunt Ada is ill. I visit her soon."
        for file in ("dialogues.jsonl", "situation.json"):
            out = tmp_path / file
            assert synthesize(tmp_path / "corpus.jsonl", url, "--situations", first / file, "--out", out) == 0
            assert len(json.loads((out / "interference.json").read_bytes())) == 3


def test_a_server_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 5)
    assert synthesize(corpus, "http://127.0.0.1:9/v1", "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    told = shown.err.strip().splitlines()[-1]
    assert "127.0.0.1:9" in told
    assert "check the corpus" not in shown.out
    assert "run the same command again to go on" in told
    assert json.loads((tmp_path / "out" / "receipt.json").read_bytes())["complete"] is False


@pytest.mark.parametrize(("status", "word"), [(401, "OPENAI_API_KEY"), (404, "--base-url")])
def test_a_server_that_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, word: str) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 5)
    with server(tmp_path, "--fail", f"{status}:1") as url:
        assert synthesize(corpus, url, "--out", tmp_path / "out") == 1
    assert word in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_refused_request_is_a_named_reject_and_asked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 20)
    with server(tmp_path, "--fail", "400:9") as url:
        assert synthesize(corpus, url, "--out", tmp_path / "out") == 1
    told = capsys.readouterr().out
    assert "rejected: model:refused_request" in told
    assert "run the same command again to ask only for these" in told
    port = url.split(":")[2].split("/")[0]
    with server(tmp_path, "--port", port) as same:
        assert same == url
        assert synthesize(corpus, url, "--out", tmp_path / "out") == 0
        assert synthesize(corpus, url, "--out", tmp_path / "whole") == 0
    assert (tmp_path / "out" / "dialogues.jsonl").read_bytes() == (tmp_path / "whole" / "dialogues.jsonl").read_bytes()


def test_a_spent_budget_is_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 20)
    with server(tmp_path) as url:
        assert synthesize(corpus, url, "--out", tmp_path / "out", "--max-requests", 11, "--concurrency", 2) == 1
        assert "the budget of 11 requests is spent" in capsys.readouterr().err
        assert len((tmp_path / "out" / "dialogues.jsonl").read_bytes().splitlines()) >= 1
        assert synthesize(corpus, url, "--out", tmp_path / "out") == 0
    assert "from ledger 11" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--shard", "4/3"], "--shard"),
        (["--model", "gpt"], "--model"),
        (["--model", "nobody=tiny"], "the roles are user, system"),
        (["--model", "user=openai:a"], "no model plays the role 'system'"),
        (["--format", "multiwoz"], "multiwoz21"),
        (["--situations", "none.json"], "none.json"),
        (["--turns", "0"], "turns"),
        (["--max-cost", "1"], "--price"),
    ],
)
def test_unusable_arguments_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 2)
    models = [] if "--model" in arguments else ["--model", "openai:rules", "--base-url", "http://127.0.0.1:9/v1"]
    assert duologue("synthesize", "interference", corpus, *models, "--out", tmp_path / "out", *arguments) == 2
    told = capsys.readouterr().err.strip()
    assert word in told
    assert "\n" not in told


def test_gather_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 6)
    with server(tmp_path) as url:
        assert synthesize(corpus, url, "--out", tmp_path / "a", "--shard", "1/2") == 0
    assert duologue("gather", tmp_path / "a", "--out", tmp_path / "all") == 2
    assert "missing: 2/2" in capsys.readouterr().err
    assert duologue("gather", tmp_path / "none", "--out", tmp_path / "all") == 2
    assert "none: no receipt here" in capsys.readouterr().err


@pytest.mark.parametrize("blocks", [40, 150])
def test_a_full_disk_is_told_in_one_line_and_the_rerun_completes(tmp_path: Path, blocks: int) -> None:
    """A limit on the size of files stands in for the end of the disk (the shell counts in blocks of 1024 bytes)."""
    corpus = write_corpus(tmp_path / "corpus.jsonl", 80)
    with server(tmp_path) as url:
        command = [sys.executable, "-m", "duologue.cli", "synthesize", "interference", str(corpus)]
        command += ["--model", "openai:rules", "--base-url", url, "--out", str(tmp_path / "out")]
        limited = ["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "bash", *command]
        full = subprocess.run(limited, capture_output=True, text=True, check=False)
        assert full.returncode == 1, full.stderr
        assert "Traceback" not in full.stderr
        assert "make room" in full.stderr.strip().splitlines()[-1]
        subprocess.run(command, check=True, capture_output=True)
        assert synthesize(corpus, url, "--out", tmp_path / "whole") == 0
    assert (tmp_path / "out" / "dialogues.jsonl").read_bytes() == (tmp_path / "whole" / "dialogues.jsonl").read_bytes()
