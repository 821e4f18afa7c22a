"""`duologue chat` by a pipe and by a pseudo-terminal, on a real server."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from misbehaving_server import Server, reply_to

from duologue.dialogue import check, read

_COMMAND = [sys.executable, "-m", "duologue.cli", "chat"]


def chat(server: Server, typed: str | bytes, *more: object) -> subprocess.CompletedProcess[str]:
    command = [*_COMMAND, "--model", "openai:one", "--base-url", server.url, *map(str, more)]
    given = typed.encode() if isinstance(typed, str) else typed
    done = subprocess.run(command, input=given, capture_output=True, timeout=60)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_by_a_pipe(server: Server, tmp_path: Path) -> None:
    lines = "/strategies\n/7\nI lost my job.\n/99\n/affirmation\nLast week.\nreset\nHello again.\n/tie\n"
    done = chat(server, lines, "--out", tmp_path / "chats/all.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No person reads along" in done.stdout
    assert "15" in done.stdout
    assert "strategy: Offer Hope" in done.stdout
    assert "[openai:one · standard · Affirmation] said" in done.stdout
    assert "there is no strategy 99: they go from 1 to 15, 0 for none" in done.stdout
    assert "no two replies to choose from" in done.stdout
    first, second = read(tmp_path / "chats/all.jsonl")
    assert [turn.labels.get("strategy") for turn in first.turns] == [None, ["Offer Hope"], None, ["Affirmation"]]
    assert second.turns[0].text == "Hello again."
    assert second.turns[1].labels["strategy"] == ["Affirmation"]  # stays over a reset
    assert len(server.log[2]["messages"]) == 2  # the history does not
    chat(server, "More.\n", "--out", tmp_path / "chats/all.jsonl")
    assert len(list(read(tmp_path / "chats/all.jsonl"))) == 3


def test_two_models_and_a_vote(server: Server, tmp_path: Path) -> None:
    done = chat(
        server, "I lost my job.\n/b\nLast week.\n", "--versus", "openai:two", "--versus-layout", "c1_hf",
        "--strategy", "offer", "--out", tmp_path / "out.jsonl",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[A · openai:one · standard · Offer Hope]" in done.stdout
    assert "noted; B goes on" in done.stdout
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert not list(check(dialogue))
    assert [branch.labels.get("preference") for branch in dialogue.branches] == [["rejected"], ["chosen"], None, None]
    assert dialogue.branches[1].labels["layout"] == ["c1_hf"]
    assert dialogue.branches[1].labels["model"] == ["openai:two"]
    assert dialogue.turns[1].text == dialogue.branches[1].turns[0].text
    assert {body["model"] for body in server.log} == {"one", "two"}


def test_a_notice_before_the_reply(server: Server) -> None:
    done = chat(server, "I want to kill myself.\nThis job is killing me.\n")
    assert done.stdout.count("findahelpline.com") == 1
    assert done.stdout.index("findahelpline.com") < done.stdout.index("] said ")


def test_auto_lets_the_model_choose(server: Server, tmp_path: Path) -> None:
    done = chat(server, "I lost my job.\n", "--auto")
    assert "the model named no strategy; the last one stays" in done.stdout  # the server names none
    assert "Offer Hope: " in server.log[0]["messages"][-1]["content"]
    assert "seeker: I lost my job." in server.log[0]["messages"][-1]["content"]
    assert len(server.log) == 2


def test_what_the_model_chose_is_followed(tmp_path: Path) -> None:
    class Advisor(Server):
        async def answer(self, request, body, **changes):
            asked = "Which one strategy fits" in body["messages"][-1]["content"]
            return web.json_response(reply_to(body, text="I would say Offer Hope." if asked else "I see."))

    with Advisor() as server:
        done = chat(server, "/auto\nI lost my job.\n/none\nHm.\n", "--out", tmp_path / "out.jsonl")
    assert "strategy: Offer Hope" in done.stdout
    assert '"Offer Hope" strategy' in server.log[1]["messages"][0]["content"]
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert [turn.labels["strategy"] for turn in dialogue.turns[1::2]] == [["Offer Hope"], ["unconditional"]]
    assert len(server.log) == 3  # picking by hand ends the choosing


def test_failures_bytes_and_marks_end_no_chat(server: Server, tmp_path: Path) -> None:
    server.script = ["400"]
    done = chat(server, b"One.\n\xff\xfe caf\xc3\xa9\n\xef\xb7\x90 mark\nTwo.\n", "--out", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert "told to give 400" in done.stdout
    assert "a character that stands for no text" in done.stdout
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert [turn.text for turn in dialogue.turns[::2]] == ["�� café", "Two."]


def test_bad_arguments_are_told_in_a_line(server: Server, tmp_path: Path) -> None:
    for more, told in (
        (["--strategy", "77"], "--strategy: there is no strategy 77"),
        (["--strategies", str(tmp_path / "none.yaml")], "none.yaml"),
        (["--versus", "nonsense"], "nonsense"),
        (["--layout", "c2_hf"], "c2_hf"),
    ):
        done = chat(server, "", *more)
        assert done.returncode == 2, told
        assert told in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


class Terminal:
    """The chat on a pseudo-terminal."""

    def __init__(self, *arguments: object) -> None:
        self.process, self._end = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS="100")
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # what runs in the background has it ignored
            os.execv(sys.executable, [*_COMMAND, *map(str, arguments)])
        self.shown = ""

    def until(self, text: str, times: int = 1) -> None:
        ends = time.monotonic() + 60
        while self.shown.count(text) < times:
            assert time.monotonic() < ends, self.shown
            if select.select([self._end], [], [], 1)[0]:
                more = os.read(self._end, 1 << 16).decode(errors="replace")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", more)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def status(self, asking: Callable[[], object] = lambda: None) -> int:
        """Wait for the end; it is asked for every second, as a person would: a signal that comes between readline's
        prompt and its wait is seen with the next one only (CPython).
        """
        ends, again = time.monotonic() + 60, time.monotonic()
        while time.monotonic() < ends:
            if time.monotonic() >= again:
                asking()
                again = time.monotonic() + 1
            if select.select([self._end], [], [], 0.05)[0]:
                with suppress(OSError):
                    os.read(self._end, 1 << 16)
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("still running")

    def close(self) -> None:
        os.close(self._end)


def test_on_a_terminal_two_replies_stand_side_by_side(server: Server, tmp_path: Path) -> None:
    model = ("--model", "openai:one", "--base-url", server.url, "--versus", "openai:two")
    terminal = Terminal(*model, "--out", tmp_path / "out.jsonl")
    terminal.until("you> ")
    terminal.type("/offer\n")
    terminal.until("strategy: Offer Hope")
    terminal.type("I lost my job.\n")
    terminal.until("you> ", 3)
    titles = next(line for line in terminal.shown.splitlines() if "A · openai:one" in line)
    assert "B · openai:two" in titles
    terminal.type("/a\nquit\n")
    assert terminal.status() == 0
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert dialogue.branches[0].labels["preference"] == ["chosen"]
    terminal.close()


def test_control_c_stops_an_answer_and_not_the_chat(server: Server, tmp_path: Path) -> None:
    server.script = ["hang"]
    terminal = Terminal("--model", "openai:one", "--base-url", server.url, "--out", tmp_path / "out.jsonl")
    terminal.until("you> ")
    terminal.type("I lost my job.\n")
    ends = time.monotonic() + 60
    while not server.log and time.monotonic() < ends:
        time.sleep(0.01)
    terminal.type("\x03")
    terminal.until("stopped; say something else")
    terminal.type("Last week.\nquit\n")
    assert terminal.status() == 0
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert [turn.text for turn in dialogue.turns[::2]] == ["Last week."]
    terminal.close()


def test_what_a_model_says_steers_no_terminal() -> None:
    class Rude(Server):
        async def answer(self, request, body, **changes):
            return web.json_response(reply_to(body, text="[bold]hi[/bold] \x1b[2J\x1b]0;mine\x07 [/nonsense]"))

    with Rude() as server:
        done = chat(server, "Hello.\n")
    assert "\x1b" not in done.stdout
    assert "[bold]hi[/bold]" in done.stdout
    assert "[/nonsense]" in done.stdout


@pytest.mark.parametrize("ending", ["control-c", "hang-up", "kill"])
def test_however_it_ends_the_conversation_is_saved(server: Server, tmp_path: Path, ending: str) -> None:
    terminal = Terminal("--model", "openai:one", "--base-url", server.url, "--out", tmp_path / "out.jsonl")
    terminal.until("you> ")
    terminal.type("I lost my job.\n")
    terminal.until("you> ", 2)
    if ending == "control-c":
        assert terminal.status(lambda: terminal.type("\x03")) == 0
    elif ending == "kill":
        assert terminal.status(lambda: os.kill(terminal.process, signal.SIGTERM)) == 128 + signal.SIGTERM
    else:
        terminal.close()
        assert os.waitpid(terminal.process, 0)
    (dialogue,) = read(tmp_path / "out.jsonl")
    assert dialogue.turns[0].text == "I lost my job."
