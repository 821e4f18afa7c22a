"""What stands before every page: known hosts only, forms of our own pages only, limited bodies, strict headers.

Written as plain ASGI, so that nothing gets past it: not static files, not errors.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duologue.studio.secret import Secret

SESSION = "duologue-session"
MOST_BYTES = 1 << 20
"""Of a body, uploads aside."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",  # addresses of annotators' pages are their keys
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class TooLarge(Exception):
    """A body is larger than its limit."""


class Guard:
    """Lets through what comes from our own pages.

    Args:
        app: what is guarded.
        secret: signs the tokens of forms.
        hosts: names under which the studio is reached, without ports.
        uploads: path prefix -> most bytes of a body there.
    """

    def __init__(self, app: ASGIApp, *, secret: Secret, hosts: Collection[str], uploads: dict[str, int]) -> None:
        self._app, self._secret, self._hosts, self._uploads = app, secret, hosts, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = _session(headers)
        scope.setdefault("state", {})["session"] = session or (drawn := secrets.token_urlsafe(24))
        cookie = "" if session else f"{SESSION}={drawn}; Path=/; HttpOnly; SameSite=Strict"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out.setdefault(name, value)
                out.setdefault("cache-control", "no-store")
                if cookie:
                    out.append("set-cookie", cookie)
            await send(message)

        if (refusal := self._refusal(scope, headers, session)) is not None:
            await refusal(scope, receive, sending)
            return
        limit = next((most for path, most in self._uploads.items() if scope["path"].startswith(path)), MOST_BYTES)
        await self._limited(scope, receive, sending, limit)

    def _refusal(self, scope: Scope, headers: Headers, session: str) -> PlainTextResponse | None:
        if _hostname(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("unknown host", 421)
        if scope["method"] in _SAFE:
            return None
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if foreign or not self._secret.is_token(session, headers.get("x-form-token", "")):
            return PlainTextResponse("this did not come from a page of the studio: reload it and try again", 403)
        return None

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            await PlainTextResponse(f"more than {limit:,} bytes", 413)(scope, receive, send)
            return
        read = 0

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLarge
            return message

        async def answering(message: Message) -> None:
            if read <= limit:  # else it answers that the body was broken off
                await send(message)

        with suppress(TooLarge):
            await self._app(scope, receiving, answering)
        if read > limit:
            await PlainTextResponse(f"more than {limit:,} bytes", 413)(scope, receive, send)


def _hostname(host: str) -> str | None:
    """The name in a Host header, its port aside; None of what is none."""
    try:
        parts = urlsplit(f"//{host}")
        return None if parts.username or parts.path or parts.query or parts.fragment else parts.hostname
    except ValueError:
        return None


def _session(headers: Headers) -> str:
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookie[SESSION].value if SESSION in cookie else ""
