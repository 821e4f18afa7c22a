"""`kill -9` five times between the first and the last reply, then a rerun: nothing is lost, repeated or different.

Everything is real: the command line in a process of its own, an HTTP server that writes down what it was asked, and
the signal that no program can catch.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from processes import heed_control_c
from rule_server import request_hash
from samples import write_corpus

from duologue.corpora.worlds.seeds.write import write as write_messages

_HERE = Path(__file__).parents[1] / "helpers"
_DIALOGUES = 100
_MESSAGES = 20
_IN_FLIGHT = 4


class Server:
    def __init__(self, log: Path, *options: str) -> None:
        self.log = log
        command = [sys.executable, str(_HERE / "rule_server.py"), str(log), "--latency", "0.02", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{json.loads(self.process.stdout.readline())['port']}/v1"

    def lines(self, verb: str) -> list[str]:
        words = [line.split() for line in self.log.read_text().splitlines()]
        return [word[1] for word in words if len(word) == 2 and word[0] == verb]

    def allow(self, replies: float) -> None:
        """So many replies in all; then it answers nobody."""
        file = self.log.with_name(f"{self.log.name}.limit")
        file.with_suffix(".part").write_text(str(replies))
        file.with_suffix(".part").replace(file)


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(tmp_path / "server.log", *getattr(request, "param", ()))
    yield server
    server.process.kill()
    server.process.wait()


def interference(folder: Path) -> list[str]:
    """What is run after `synthesize`: two requests a dialogue."""
    return ["interference", str(write_corpus(folder / "corpus.jsonl", _DIALOGUES))]


def conversation(folder: Path) -> list[str]:
    """Two agents and a moderator: some twenty requests a message, each with the replies before it."""
    write_messages(folder / "messages", n=_MESSAGES, seed=1)
    seeds = str(folder / "messages/seeds.tsv")
    return ["conversation", seeds, "--format", "seeds", "--mode", "turns", "--draws", "1", "--seed", "3"]


def start(server: Server, work: list[str], out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "duologue.cli", "synthesize", *work]
    command += ["--model", "openai:rules", "--base-url", server.url, "--concurrency", str(_IN_FLIGHT)]
    command += ["--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=heed_control_c)


def finish(process: subprocess.Popen[bytes]) -> str:
    told = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 0, told
    return told


def committed(out: Path) -> set[str]:
    """The hashes of the requests whose replies are in the ledger, read as the next process will read it."""
    found = set()
    for path in (out / "ledger").glob("ledger-*.sqlite"):
        with closing(sqlite3.connect(path)) as ledger:
            for (request,) in ledger.execute("SELECT request FROM reply"):
                found.add(request_hash(json.loads(request)["prompt"]))
    return found


def results(folder: Path) -> dict[str, bytes]:
    """Every file that a run writes but its receipt, which counts what was asked."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.json*") if path.name != "receipt.json"}
    assert {*found} >= {"dialogues.jsonl", "rejected.jsonl", "skipped.jsonl", "items.jsonl"}
    return found


@pytest.mark.parametrize(
    ("server", "job"),
    [((), interference), (("--talk",), conversation)],
    indirect=["server"],
    ids=["interference", "conversation"],
)
def test_killed_five_times_the_rerun_repeats_nothing_and_writes_the_same(
    tmp_path: Path, server: Server, job: Callable[[Path], list[str]]
) -> None:
    work = job(tmp_path)
    finish(start(server, work, tmp_path / "whole"))
    total = len(server.lines("asked"))
    assert total == len(set(server.lines("asked")))
    rng = random.Random(time.time_ns())
    # Killed when the run has been given so many replies; the first ones are kept, the last ones still to come.
    marks = sorted(rng.sample(range(2 * _IN_FLIGHT, total - 2 * _IN_FLIGHT), 5))
    kept: list[set[str]] = []
    for more in [mark - last for last, mark in zip([0, *marks], marks, strict=False)]:
        start_asked, allowed = len(server.lines("asked")), len(server.lines("replied")) + more
        server.allow(allowed)
        process = start(server, work, tmp_path / "killed")
        while len(server.lines("replied")) < allowed and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.03)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL, "it had ended before it was killed"
        time.sleep(0.1)
        kept.append(committed(tmp_path / "killed"))
        assert 0 < len(kept[-1]) < total
        assert not kept[-2] & set(server.lines("asked")[start_asked:]) if len(kept) > 1 else True
        lost = set(server.lines("asked")[start_asked:]) - kept[-1]
        assert len(lost) <= _IN_FLIGHT
    server.allow(math.inf)
    last = len(server.lines("asked"))
    told = finish(start(server, work, tmp_path / "killed"))
    assert not kept[-1] & set(server.lines("asked")[last:])
    assert f"from ledger {len(kept[-1])}" in told
    asked = Counter(server.lines("asked")[total:])
    assert len(asked) == total
    assert asked.total() - total <= 5 * _IN_FLIGHT
    assert results(tmp_path / "killed") == results(tmp_path / "whole")


def test_three_processes_with_a_shard_each_gathered_are_one_run(tmp_path: Path, server: Server) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", 31)
    work = ["interference", str(corpus)]
    finish(start(server, work, tmp_path / "whole"))
    shards = [start(server, work, tmp_path / "parts" / str(i), "--shard", f"{i}/3") for i in (1, 2, 3)]
    for process in shards:
        finish(process)
    command = [sys.executable, "-m", "duologue.cli", "gather", str(tmp_path / "parts"), "--out", str(tmp_path / "all")]
    subprocess.run(command, check=True, capture_output=True)
    assert results(tmp_path / "all") == results(tmp_path / "whole")
    # The gathered folder replays without a server.
    server.process.kill()
    replay = [sys.executable, "-m", "duologue.cli", "synthesize", *work]
    replay += ["--model", f"replay:{tmp_path / 'all'}", "--out", str(tmp_path / "replayed")]
    subprocess.run(replay, check=True, capture_output=True)
    assert results(tmp_path / "replayed") == results(tmp_path / "whole")


def test_control_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path, server: Server) -> None:
    work = interference(tmp_path)
    for stop in (signal.SIGINT, signal.SIGTERM):
        out = tmp_path / stop.name
        before = len(server.lines("replied"))
        process = start(server, work, out)
        while len(server.lines("replied")) < before + 120:
            time.sleep(0.005)
        process.send_signal(stop)
        told = process.communicate(timeout=30)[0].decode()
        assert process.returncode == 130, told
        assert "Traceback" not in told
        assert "run the same command again" in told
        assert 0 < len((out / "dialogues.jsonl").read_bytes().splitlines()) < _DIALOGUES
        assert json.loads((out / "receipt.json").read_bytes())["complete"] is False
        finish(start(server, work, out))
    assert results(tmp_path / "SIGINT") == results(tmp_path / "SIGTERM")
