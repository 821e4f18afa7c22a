"""An OpenAI-compatible server that writes, continues and restyles conversations by rule (`talk_answers`)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to
from talk_answers import talk


class TalkingServer(Server):
    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=talk(body["messages"][-1]["content"]), **changes))
