"""`duologue profiles`: shown, and suggested by a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from misbehaving_server import Server, reply_to

from duologue.cli.main import run
from duologue.corpora.profiles.folder import SHIPPED, read_profiles


class Inventive(Server):
    """Suggests what it is told to, one answer a request."""

    answers: list[str]

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=self.answers.pop(0), **changes))


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        run([str(each) for each in arguments])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_the_shipped_profiles_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("profiles", "list") == 0
    shown = capsys.readouterr().out
    shipped = read_profiles(SHIPPED)
    assert len(shipped.motivations) >= 6
    assert len(shipped.dispositions) >= 6
    for each in (*shipped.motivations, *shipped.dispositions):
        assert each.name in shown
    assert len(shipped.pairs) < len(shipped.motivations) * len(shipped.dispositions)


def test_new_ones_are_written_beside_those_that_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Inventive() as server:
        server.answers = [
            "calm: too short", "dreamy: The user drifts from one thought to the next.",
            "dreamy: The user drifts off and comes back again.", "no", "no",
        ]  # fmt: skip
        out = tmp_path / "mine"
        asked = ("profiles", "suggest", "disposition", "--out", out, "--n", 2, "--model", "openai:any")
        assert command(*asked, "--base-url", server.url) == 1
    shown = capsys.readouterr().out
    assert "dreamy.md: The user drifts from one thought to the next." in shown
    assert "none: no-name" in shown
    found = read_profiles(out)
    assert "dreamy" in {each.name for each in found.dispositions}
    assert len(found.dispositions) == len(read_profiles(SHIPPED).dispositions) + 1
    assert all("dreamy" not in pair.name for pair in found.pairs), "which pairs it goes with is for people to say"
