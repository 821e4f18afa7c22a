"""HTTP to one server, where whatever goes wrong comes out as a typed `ModelFailure` and the API key never does."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec

from duologue.models import wire
from duologue.models.failure import ModelFailure
from duologue.models.retry import retry_after_seconds

JSON = {"Content-Type": "application/json"}
_CONNECT_SECONDS = 10.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Connection:
    """Keep-alive connections below a base URL; they are opened when first used."""

    def __init__(self, base_url: str, *, api_key: str | None, timeout: float, where: str) -> None:
        """Connect to nothing yet.

        Args:
            base_url: The API's root.
            api_key: Sent as a bearer token (unless the URL has credentials), and told nowhere.
            timeout: Seconds for one exchange, from the first byte sent to the last received.
            where: The server's name for errors.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._seconds = timeout
        self._where = where
        # Credentials in the URL were meant for this server; a key from the environment may be for another.
        bearer = api_key and not urlsplit(base_url).username
        self._headers = {"Authorization": f"Bearer {api_key}"} if bearer else {}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None) -> bytes:
        """Exchange one request for the body of a response with status 200.

        Raises:
            ModelFailure: There was no such response.
        """
        async with self._answered(method, path, data, headers) as response:
            return await response.read()

    async def lines(self, path: str, data: Any, headers: dict[str, str]) -> AsyncGenerator[bytes, None]:
        """POST a request, and give the lines of a response with status 200 as they come.

        Raises:
            ModelFailure: There was no such response, or it broke off.
        """
        async with self._answered("POST", path, data, headers) as response:
            rest = b""
            async for piece in response.content.iter_any():
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield line
            if rest:
                yield rest

    @asynccontextmanager
    async def _answered(
        self, method: str, path: str, data: Any, headers: dict[str, str] | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        session = self._session or self._open()
        url = self._base_url + path
        try:
            async with session.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
                if response.status == 200:
                    yield response
                    return
                body = await response.read()
                raise wire.failure_of_status(
                    response.status,
                    body.replace(self._api_key.encode(), b"***") if self._api_key else body,
                    self._where,
                    retry_after_seconds(response.headers.get("Retry-After")),
                )
        except aiohttp.ConnectionTimeoutError as error:
            told = f"no connection within {_CONNECT_SECONDS:g} s"
            raise ModelFailure("unreachable", told, where=self._where) from error
        except TimeoutError as error:
            raise ModelFailure("timeout", f"no reply within {self._seconds:g} s", where=self._where) from error
        except aiohttp.InvalidURL as error:
            raise ModelFailure("not_found", "the base URL is no URL", where=self._where) from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise ModelFailure("unreachable", _told(error), where=self._where) from error
        except aiohttp.ClientError as error:
            raise ModelFailure("malformed_reply", f"not HTTP ({_told(error)})", where=self._where) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        # Only the throttle limits connections; proxies from the environment are not for this machine.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._seconds, sock_connect=_CONNECT_SECONDS),
            trust_env=urlsplit(self._base_url).hostname not in _LOOPBACK,
        )
        return self._session


def without_credentials(url: str) -> str:
    """The URL without a user name and password, as it may be logged and stored."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def endpoint_fingerprint(base_url: str, model: str, extra: Mapping[str, Any]) -> str:
    """Identify a model on a server: base URL, name and extra parameters."""
    written = msgspec.json.encode(extra, order="deterministic").decode() if extra else ""
    return f"openai {without_credentials(base_url)} {model} {written}".rstrip()


def without_address(fingerprint: str) -> str:
    """Fingerprints of models without the addresses of their servers, as they may be published."""
    return re.sub(r"(?:^|(?<=,))openai \S+", "openai", fingerprint)


def _told(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
