"""An OpenAI-compatible server that replies by the strategy that a prompt names, in one of its example sentences."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to

from duologue.corpora.strategies import EXTENDED


class SupportingServer(Server):
    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        told = body["messages"][0]["content"]
        examples = next(each.examples for name, each in EXTENDED.items() if f'"{name}"' in told)
        last = body["messages"][-1]["content"]
        chosen = hashlib.sha256(f"{told}{last}".encode()).digest()[0] % len(examples)
        return web.json_response(reply_to(body, text=f"{examples[chosen]} So, {last[-40:]}", **changes))
