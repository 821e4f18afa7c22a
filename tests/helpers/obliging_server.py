"""An OpenAI-compatible server that does what the interference prompts ask, by rule."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to
from rule_answers import answer


class ObligingServer(Server):
    @property
    def asked(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.log]

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=answer(body["messages"][-1]["content"]), **changes))
