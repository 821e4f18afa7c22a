"""`openai:NAME`: any OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama, LM Studio, hosted ones).

Straight to the wire with aiohttp, which costs about a tenth of a millisecond a request. The throttle
decides how many requests are in flight; a request that fails in passing is retried; what remains is a typed
`ModelFailure`.

    model = Endpoint("llama-3.1-8b", base_url="http://127.0.0.1:8000/v1")
    reply = await model.complete(Request((Message("user", "Hello"),), max_tokens=20))
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec

from duologue.models import wire
from duologue.models.acceptance import accept
from duologue.models.failure import ModelFailure
from duologue.models.request import Reply, Request
from duologue.models.retry import Retries, retry_after_seconds
from duologue.models.throttle import Throttle

_CONNECT_SECONDS = 10.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


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
            api_key: Sent as a bearer token, and nowhere else.
            concurrency: Most requests in flight.
            timeout: Seconds for one try, from sending it to the last byte of the reply.
            retries: When to try again.
            throttle: Replaces the one that `concurrency` would make.
            extra: Further fields of every request's body, such as `{"chat_template_kwargs": {...}}`.
        """
        self.model = model
        self.base_url = base_url.rstrip("/")
        self.name = f"openai:{model}"
        self._where = f"{self.name} at {without_credentials(self.base_url)}"
        self._extra = dict(extra or {})
        self.fingerprint = f"openai {without_credentials(self.base_url)} {model}"
        if self._extra:
            self.fingerprint += f" {msgspec.json.encode(self._extra, order='deterministic').decode()}"
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_SECONDS)
        self._seconds = timeout
        self._retries = retries or Retries()
        self.throttle = throttle or Throttle(concurrency, where=self._where)
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._api_key = api_key
        self._session: aiohttp.ClientSession | None = None

    async def complete(self, request: Request) -> Reply:
        """Ask the server, as often as the kind of failure warrants.

        Raises:
            ModelFailure: There is no usable answer.
        """
        call = wire.encode(request, self.model)
        body = msgspec.json.encode(call.body | self._extra if self._extra else call.body)
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self.throttle.slot():
                    return accept(
                        wire.decode(await self._post(call.path, body), request, self._where),
                        request,
                        self._where,
                    )
            except ModelFailure as failure:
                if not self._retries.again(failure, attempt, answered=self.throttle.answered):
                    raise
                await asyncio.sleep(self._retries.wait(failure, attempt))

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _post(self, path: str, body: bytes) -> bytes:
        session = self._open_session()
        try:
            async with session.post(self.base_url + path, data=body, allow_redirects=False) as response:
                answer = await response.read()
                if response.status == 200:
                    return answer
                raise wire.failure_of_status(
                    response.status,
                    self._redact(answer),
                    self._where,
                    retry_after_seconds(response.headers.get("Retry-After")),
                )
        except aiohttp.ConnectionTimeoutError as error:
            raise ModelFailure(
                "unreachable", f"no connection within {_CONNECT_SECONDS:g} s", where=self._where
            ) from error
        except TimeoutError as error:
            raise ModelFailure(
                "timeout", f"no reply within {self._seconds:g} s", where=self._where
            ) from error
        except aiohttp.InvalidURL as error:
            raise ModelFailure("not_found", f"{self.base_url!r} is no URL", where=self._where) from error
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ClientConnectionError,
            aiohttp.ClientPayloadError,
        ) as error:
            raise ModelFailure("unreachable", _told(error), where=self._where) from error
        except aiohttp.ClientError as error:
            raise ModelFailure("malformed_reply", f"not HTTP ({_told(error)})", where=self._where) from error

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Only the throttle limits connections; proxies from the environment are not for this machine.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers=self._headers,
                timeout=self._timeout,
                trust_env=urlsplit(self.base_url).hostname not in _LOOPBACK,
            )
        return self._session

    def _redact(self, body: bytes) -> bytes:
        return body.replace(self._api_key.encode(), b"***") if self._api_key else body


def without_credentials(url: str) -> str:
    """The URL without a user name and password, as it may be logged and stored."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _told(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
