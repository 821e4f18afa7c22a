"""A real OpenAI-compatible server on `rule_answers`, which writes down what it was asked, and misbehaves on demand.

python rule_server.py LOG [--latency 0.02] [--broken 7] [--fail STATUS:EVERY] [--talk]

The first line on stdout is its port. The log gets `asked HASH` when a request has arrived and `replied HASH` before its
reply is sent; HASH is over the messages. With `--talk` it answers by `talk_answers`. A number in `LOG.limit` stops it
when it has given so many replies, until the number is raised; who hangs up meanwhile is forgotten.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import random
from pathlib import Path

from aiohttp import web
from rule_answers import answer
from talk_answers import talk


def request_hash(messages: list[dict[str, str]]) -> str:
    text = "\n".join(f"{message['role']}\n{message['content']}" for message in messages)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def limit(log: str) -> float:
    file = Path(f"{log}.limit")
    return float(file.read_text()) if file.exists() else math.inf


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--broken", type=int, default=7)
    parser.add_argument("--fail", default="")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--talk", action="store_true")
    options = parser.parse_args()
    status, every = map(int, options.fail.split(":")) if options.fail else (0, 0)
    met = given = 0
    with open(options.log, "a", buffering=1) as log:

        async def complete(request: web.Request) -> web.Response:
            nonlocal met, given
            body = await request.json()
            name = request_hash(body["messages"])
            log.write(f"asked {name}\n")
            met += 1
            unlucky = every and met % every == 0
            await asyncio.sleep(options.latency * random.uniform(0.5, 1.5))
            if unlucky:
                return web.json_response({"error": {"message": "as told"}}, status=status)
            prompt = body["messages"][-1]["content"]
            text = talk(prompt) if options.talk else answer(prompt, options.broken)
            while given >= limit(options.log):
                if request.transport is None or request.transport.is_closing():
                    return web.Response()
                await asyncio.sleep(0.002)
            given += 1
            log.write(f"replied {name}\n")
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            return web.json_response({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage})

        app = web.Application()
        app.router.add_post("/v1/chat/completions", complete)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", options.port)
        await site.start()
        assert site._server is not None
        print(json.dumps({"port": site._server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
