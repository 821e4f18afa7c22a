"""An OpenAI-compatible server that answers as it is told to: with the strategy's name and what was said last."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to

_STRATEGY = re.compile(r'"([^"]+)" strategy')


def told_strategy(body: dict[str, Any]) -> str | None:
    """The strategy that the prompt names, wherever it stands."""
    found = _STRATEGY.search("\n".join(message["content"] for message in body["messages"]))
    return None if found is None else found[1]


@dataclass
class SteeredServer(Server):
    """`faults`: strategy -> the text it gets instead."""

    faults: dict[str, str] = field(default_factory=dict)

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        strategy = told_strategy(body)
        said = body["messages"][-1]["content"].split(":")[-1].strip()[:60]
        text = self.faults.get(strategy or "", f"assistant: Number {len(strategy or '')} answers “{said}”")
        return web.json_response(reply_to(body, text=text, **changes))
