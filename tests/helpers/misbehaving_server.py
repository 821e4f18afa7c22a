"""A real OpenAI-compatible HTTP server in a thread, which can be told to misbehave request by request.

It answers every prompt with a text that depends on nothing but the body, keeps a log of what it was sent,
and goes through `script` first: one behaviour per request, by the name of the method below.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import web


@dataclass
class Server:
    latency: float = 0.0
    script: list[str] = field(default_factory=list)
    always: str | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0

    def __enter__(self) -> Server:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self.complete), web.post("/v1/completions", self.complete)]

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)

        async def start() -> None:
            app = web.Application()
            app.add_routes(self.routes())
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await self._runner.setup()
            site = web.TCPSite(self._runner, "127.0.0.1", 0)
            await site.start()
            self.port = self._runner.addresses[0][1]
            started.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.log.append(body)
        self.headers.append(dict(request.headers))
        self.times.append(time.monotonic())
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.latency)
            behaviour = self.script.pop(0) if self.script else self.always or "answer"
            status, _, argument = behaviour.partition(" ")
            if status.isdigit():
                return self.error(int(status), argument)
            response: web.StreamResponse = await getattr(self, status)(request, body)
            return response
        finally:
            self.in_flight -= 1

    def error(self, status: int, retry_after: str) -> web.Response:
        headers = {}
        if retry_after.startswith("date"):
            headers["Retry-After"] = formatdate(time.time() + float(retry_after[4:]), usegmt=True)
        elif retry_after:
            headers["Retry-After"] = retry_after
        return web.json_response({"error": {"message": f"told to give {status}"}}, status=status, headers=headers)

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        if body.get("stream"):
            return await self.streamed(request, reply_to(body, **changes))
        return web.json_response(reply_to(body, **changes))

    async def streamed(
        self, request: web.Request, reply: dict[str, Any], *, end: str = "data: [DONE]\n\n"
    ) -> web.StreamResponse:
        """The same answer in pieces of three characters, cut anywhere in its bytes."""
        (choice,) = reply["choices"]
        text = choice["text"] if "text" in choice else choice["message"]["content"]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        lines = [": a comment\n\n"]
        for piece in [text[at : at + 3] for at in range(0, len(text), 3)]:
            told = {"text": piece} if "text" in choice else {"delta": {"content": piece}}
            lines.append(f"data: {json.dumps({'choices': [{'index': 0, 'finish_reason': None, **told}]})}\n\n")
        if end:
            last = {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
            lines += [f"data: {json.dumps(last)}\r\n\r\n", end]
        sent = "".join(lines).encode()
        for at in range(0, len(sent), 50):
            await response.write(sent[at : at + 50])
            await asyncio.sleep(0.001)
        return response

    async def breaks_off(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.streamed(request, reply_to(body), end="")

    async def fails_on_the_way(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        failed = 'data: {"error": {"message": "out of memory"}}\n\n'
        return await self.streamed(request, reply_to(body), end=failed)

    async def empty(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.answer(request, body, text="")

    async def cut(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.answer(request, body, finish_reason="length")

    async def fewer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.answer(request, body, n=1)

    async def hostile(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.answer(request, body, text="<script>document.title = 'run'</script><img src=x onerror=x()>")

    async def thinking(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await self.answer(request, body, text="<think>\nLet me see.\n</think>\n\nYes.")

    async def html(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(text="<html><body>Welcome to nginx</body></html>", content_type="text/html")

    async def nothing(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=b"")

    async def error_with_200(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"error": {"message": "upstream is busy", "code": 503}})

    async def echo_key(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        said = f"wrong key {request.headers['Authorization']}"
        return web.json_response({"error": {"message": said}}, status=400)

    async def hang(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    async def reset(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"choices": [{"message": {"content": "half a sen')
        assert request.transport
        request.transport.abort()
        return response


def reply_to(
    body: dict[str, Any], *, text: str | None = None, finish_reason: str = "stop", n: int | None = None
) -> dict[str, Any]:
    """The answer that this server gives to a body: always the same for the same body."""
    said = (
        text
        if text is not None
        else "said " + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    )
    choices: list[dict[str, Any]] = []
    for index in range(n or body.get("n", 1)):
        each = said if index == 0 or not said else f"{said} {index}"
        content = {"text": each} if "prompt" in body else {"message": {"role": "assistant", "content": each}}
        choices.append({"index": index, "finish_reason": finish_reason, "logprobs": None, **content})
    return {
        "object": "completion",
        "choices": choices,
        "usage": {"prompt_tokens": 11, "completion_tokens": 3},
    }
