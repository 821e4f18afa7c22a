"""kill -9, Ctrl-C and a full disk: what was committed is kept, and a rerun asks for nothing of it again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from misbehaving_server import Server
from processes import heed_control_c

from duologue.models import LedgerReader, Message

PROGRAM = str(Path(__file__).parents[1] / "helpers" / "asking_process.py")
COUNT = 400
CONCURRENCY = 32


def start(server: Server, folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, PROGRAM, server.url, str(folder), str(COUNT), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ, preexec_fn=heed_control_c)


def committed(folder: Path) -> set[str]:
    """The questions whose replies are in the ledger, as an onlooker reads it."""
    with LedgerReader(folder) as ledgers:
        messages = (message for row in ledgers.rows() for message in row.request.prompt)
        return {message.content for message in messages if isinstance(message, Message)}


def asked(server: Server) -> Counter[str]:
    return Counter(body["messages"][0]["content"] for body in server.log)


def interrupt(server: Server, folder: Path, how: signal.Signals, at: int) -> subprocess.Popen[str]:
    """Start a run, and stop it when the server has been asked `at` questions in all."""
    process = start(server, folder)
    deadline = time.monotonic() + 30
    while len(server.log) < at and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert process.poll() is None, "the run was over before it could be interrupted"
    process.send_signal(how)
    process.wait(10)
    return process


def test_kill_9_five_times_repeats_nothing_that_was_committed(server: Server, tmp_path: Path) -> None:
    server.latency = 0.03
    assert start(server, tmp_path / "whole").wait(60) == 0
    server.log.clear()
    folder = tmp_path / "killed"
    draw = random.Random(7)
    kept: set[str] = set()
    for _ in range(5):
        before = asked(server)
        interrupt(server, folder, signal.SIGKILL, len(server.log) + draw.randint(20, 60))
        again = asked(server) - before
        assert not kept & set(again), "a committed reply was asked for again"
        repeated = sum(1 for question in again if before[question])
        assert repeated <= CONCURRENCY
        now = committed(folder)
        assert kept <= now, "a committed reply was lost"
        kept = now
    assert 0 < len(kept) < COUNT
    before = asked(server)
    assert start(server, folder).wait(60) == 0
    assert not kept & set(asked(server) - before)
    assert (folder / "replies.json").read_bytes() == (tmp_path / "whole" / "replies.json").read_bytes()
    assert json.loads((folder / "receipt.json").read_text())["from_ledger"] == len(kept)


def test_ctrl_c_keeps_what_is_finished(server: Server, tmp_path: Path) -> None:
    server.latency = 0.03
    process = interrupt(server, tmp_path, signal.SIGINT, 100)
    assert process.returncode == 130
    kept = committed(tmp_path)
    assert len(kept) >= 100 - CONCURRENCY
    before = asked(server)
    assert start(server, tmp_path).wait(60) == 0
    assert not kept & set(asked(server) - before)


def test_a_full_disk_is_one_line_and_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    process = start(server, tmp_path, "90000")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.strip().count("\n") == 0
    assert "the disk is full; make room and run again" in told
    kept = committed(tmp_path)
    assert 0 < len(kept) < COUNT
    before = asked(server)
    assert start(server, tmp_path).wait(60) == 0
    assert not kept & set(asked(server) - before)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_really_full_file_system(server: Server, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        process = start(server, disk)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "the disk is full" in told
        kept = committed(disk)
        assert kept
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        before = asked(server)
        assert start(server, disk).wait(60) == 0
        assert not kept & set(asked(server) - before)
    finally:
        subprocess.run(["umount", disk], check=True)
