"""`openai:NAME`: any OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama, LM Studio, hosted ones).

Straight to the wire with aiohttp, which costs about a tenth of a millisecond a request. The throttle
decides how many requests are in flight; a request that fails in passing is retried; what remains is a typed
`ModelFailure`.

    model = Endpoint("llama-3.1-8b", base_url="http://127.0.0.1:8000/v1")
    reply = await model.complete(Request((Message("user", "Hello"),), max_tokens=20))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec.structs import replace

from duologue.models import wire
from duologue.models.acceptance import accept
from duologue.models.connection import JSON, Connection, endpoint_fingerprint, without_credentials
from duologue.models.failure import ModelFailure
from duologue.models.request import Heard, Reply, Request
from duologue.models.retry import Retries
from duologue.models.throttle import Throttle


class Endpoint:
    """A model behind an OpenAI-compatible HTTP API.

    Attributes:
        name: `openai:NAME`.
        fingerprint: Base URL (without credentials), model name and extra parameters.
        throttle: Its state can be read: limit, in flight, peak.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        concurrency: int = 32,
        timeout: float = 180.0,
        retries: Retries | None = None,
        throttle: Throttle | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Name a model on a server; nothing is sent yet.

        Args:
            model: The name that the server knows it by.
            base_url: The API's root, which usually ends in `/v1`.
            api_key: Sent as a bearer token (unless the URL has credentials), and told nowhere.
            concurrency: Most requests in flight.
            timeout: Seconds for one try, from sending it to the last byte of the reply.
            retries: When to try again.
            throttle: Replaces the one that `concurrency` would make.
            extra: Further fields of every request's body, such as `{"chat_template_kwargs": {...}}`.
        """
        base_url = base_url.rstrip("/")
        self.name = f"openai:{model}"
        self._model = model
        self._extra = dict(extra or {})
        self.fingerprint = endpoint_fingerprint(base_url, model, self._extra)
        self._where = f"{self.name} at {without_credentials(base_url)}"
        self._retries = retries or Retries()
        self.throttle = throttle or Throttle(concurrency, where=self._where)
        self._connection = Connection(base_url, api_key=api_key, timeout=timeout, where=self._where)

    async def complete(self, request: Request) -> Reply:
        """Ask the server, as often as the kind of failure warrants.

        Raises:
            ModelFailure: There is no usable answer.
        """
        call = wire.encode(request, self._model)
        body = msgspec.json.encode(call.body | self._extra if self._extra else call.body)

        async def exchanged() -> Reply:
            answer = await self._connection.send("POST", call.path, body, JSON)
            return wire.decode(answer, request, self._where)

        return await self._persistently(exchanged, request)

    async def stream(self, request: Request, heard: Heard) -> Reply:
        """Ask the server for one answer, piece by piece; a further try begins anew.

        Servers count no tokens of a stream unless they are asked in a way that others refuse, so the usage is nothing.

        Raises:
            ModelFailure: There is no usable answer.
        """
        call = wire.encode(replace(request, n=1, logprobs=None), self._model)
        body = msgspec.json.encode(call.body | self._extra | {"stream": True})

        async def exchanged() -> Reply:
            streamed = wire.Streamed(self._where)
            async with aclosing(self._connection.lines(call.path, body, JSON)) as lines:
                async for line in lines:
                    if streamed.add(line):
                        heard(streamed.text)
            return streamed.reply()

        return await self._persistently(exchanged, request)

    async def _persistently(self, exchanged: Callable[[], Awaitable[Reply]], request: Request) -> Reply:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.throttle.slot():
                    return accept(await exchanged(), request, self._where)
            except ModelFailure as failure:
                if not self._retries.again(failure, attempt, answered=self.throttle.answered):
                    raise
                await asyncio.sleep(self._retries.wait(failure, attempt))

    async def ready(self) -> int:
        """Return the most requests in flight; there is nothing to load."""
        return self.throttle.cap

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()
