"""The batch endpoint against a real server of `/files` and `/batches`: mapping, spoilt lines, resumption."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from misbehaving_server import Server, reply_to

from duologue.models import Ledger, Message, ModelDesk, ModelFailure, Reply, Request
from duologue.models.batch_endpoint import BatchEndpoint
from duologue.models.retry import Retries


@dataclass
class BatchServer(Server):
    """Answers a batch after `polls` looks, in reversed order; `spoil` decides the fate of single lines."""

    polls: int = 2
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoil: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files", self.upload),
            web.get("/v1/files/{id}/content", self.download),
            web.post("/v1/batches", self.submit),
            web.get("/v1/batches/{id}", self.look),
        ]

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["purpose"] == "batch"
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        return web.json_response({"id": self.keep(upload.file.read()), "object": "file"})

    def keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    async def submit(self, request: web.Request) -> web.Response:
        order = await request.json()
        lines = [json.loads(line) for line in self.files[order["input_file_id"]].splitlines()]
        assert {line["url"] for line in lines} == {order["endpoint"]}
        self.log += [line["body"] for line in lines]
        name = f"batch_{len(self.batches)}"
        self.batches[name] = {"id": name, "status": "in_progress", "lines": lines, "looks": 0}
        return web.json_response({"id": name, "status": "validating"})

    async def look(self, request: web.Request) -> web.Response:
        if self.script:
            return self.error(int(self.script.pop(0)), "")
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return self.error(404, "")
        batch["looks"] += 1
        if batch["looks"] > self.polls and batch["status"] == "in_progress":
            batch["status"] = self.ends.pop(0) if self.ends else "completed"
            lines, batch["lines"] = batch["lines"], None
            good, bad = [], []
            for line in reversed(lines):
                fate = self.spoil.pop(0) if self.spoil else ("missing" if batch["status"] != "completed" else "")
                response: dict[str, Any] = {"status_code": 200, "body": reply_to(line["body"])}
                if fate.isdigit():
                    response = {"status_code": int(fate), "body": {"error": {"message": fate}}}
                if fate != "missing":
                    (bad if fate else good).append({"custom_id": line["custom_id"], "response": response})
            batch["output_file_id"] = self.keep("\n".join(map(json.dumps, good)).encode()) if good else None
            batch["error_file_id"] = self.keep("\n".join(map(json.dumps, bad)).encode()) if bad else None
        return web.json_response({key: value for key, value in batch.items() if key != "lines"})

    async def download(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]])


@pytest.fixture
def batch_server() -> Any:
    with BatchServer() as running:
        yield running


def requests(count: int) -> list[Request]:
    chats = [Request((Message("user", f"question {number}"),), seed=1) for number in range(count)]
    return [*chats, Request("Once upon a time", seed=1)]


def ask(server: Server, folder: Path, asked: list[Request], patience: float = 20.0) -> list[Reply]:
    async def run() -> list[Reply]:
        ledger = Ledger(folder)
        model = BatchEndpoint(
            "m", base_url=server.url, ledger=ledger, poll=0.02, quiet=0.03, retries=Retries(first_wait=0.01)
        )
        async with ModelDesk({"user": model}, ledger=ledger) as desk, asyncio.timeout(patience):
            return list(await asyncio.gather(*(desk.complete("user", request) for request in asked)))

    return asyncio.run(run())


def test_answers_are_mapped_to_their_questions(batch_server: BatchServer, tmp_path: Path) -> None:
    replies = ask(batch_server, tmp_path, requests(30))
    assert len(batch_server.batches) == 2  # chat and raw prompts have endpoints of their own
    said = {json.dumps(body, sort_keys=True): reply_to(body)["choices"][0] for body in batch_server.log}
    chats = [choice["message"]["content"] for choice in said.values() if "message" in choice]
    assert sorted(reply.text for reply in replies[:-1]) == sorted(chats)
    for request, reply in zip(requests(30)[:-1], replies, strict=False):
        (body,) = [body for body in batch_server.log if body.get("messages") == [_json(request)]]
        assert reply.text == reply_to(body)["choices"][0]["message"]["content"]
    assert ask(batch_server, tmp_path, requests(30))[3].from_ledger
    assert len(batch_server.batches) == 2


def test_a_stopped_run_fetches_its_batch_instead_of_asking_again(batch_server: BatchServer, tmp_path: Path) -> None:
    batch_server.polls = 10**9
    with pytest.raises(TimeoutError):
        ask(batch_server, tmp_path, requests(10), patience=0.5)
    assert len(batch_server.batches) == 2
    batch_server.polls = 0
    replies = ask(batch_server, tmp_path, requests(10))
    assert len(replies) == 11
    assert len(batch_server.batches) == 2
    assert len(batch_server.log) == 11


def test_single_failures_are_asked_again_or_told(batch_server: BatchServer, tmp_path: Path) -> None:
    batch_server.spoil = ["500", "missing", "429"]
    assert len(ask(batch_server, tmp_path / "a", requests(5)[:-1])) == 5
    assert len(batch_server.log) == 8
    batch_server.spoil = ["400"]
    with pytest.raises(ModelFailure) as failure:
        ask(batch_server, tmp_path / "b", requests(3)[:-1])
    assert failure.value.kind == "refused_request"


@pytest.mark.parametrize("end", ["expired", "failed", "cancelled"])
def test_a_batch_that_ends_early_is_submitted_again(batch_server: BatchServer, tmp_path: Path, end: str) -> None:
    batch_server.ends = [end]
    assert len(ask(batch_server, tmp_path, requests(4)[:-1])) == 4
    assert len(batch_server.batches) == 2


def test_a_server_that_stumbles_while_polling_is_looked_at_again(batch_server: BatchServer, tmp_path: Path) -> None:
    batch_server.script = ["500", "503", "429"]
    assert len(ask(batch_server, tmp_path, requests(4)[:-1])) == 4
    assert len(batch_server.batches) == 1


def test_a_server_without_batches_is_told(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ModelFailure, match="404") as failure:
        ask(server, tmp_path, requests(2))
    assert failure.value.kind == "not_found"


def _json(request: Request) -> dict[str, str]:
    message = request.prompt[0]
    assert isinstance(message, Message)
    return {"role": message.role, "content": message.content}
