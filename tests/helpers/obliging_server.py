"""An OpenAI-compatible server that does what the interference prompts ask, by rule: a model for tests that needs none.

It tells the user's own sentences as the situation, one sentence of the situation as the backstory, and a kind word that
takes up the backstory as the reaction. One backstory in seven has no tag, so that the gates have something to reject.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from typing import Any

from aiohttp import web


def answer(prompt: str) -> str:
    if "write the user's situation" in prompt.lower():
        chat = prompt.rpartition("Chat:\n")[2]
        said = [line.removeprefix("User: ") for line in chat.splitlines() if line.startswith("User: ")]
        return " ".join(" ".join(said).split())
    if "backstory: one or two" in prompt:
        utterance = re.findall(r"\*\*(.+?)\*\*", prompt, re.DOTALL)
        situation = re.findall(r"Situation: (.+)", prompt)[-1]
        sentences = [s for s in re.split(r"(?<=[.!?])\s+", situation) if s and not s.endswith("?")]
        text = sentences[0] if sentences else situation.replace("?", ".")
        if int(hashlib.md5(prompt.encode()).hexdigest(), 16) % 7 == 0:
            return f"**{utterance[0]}** {text}"
        return f"**{utterance[0]}** + <Backstory: {text}>"
    response = re.findall(r"\*\*(.+?)\*\*", prompt, re.DOTALL)[0]
    backstory = re.findall(r"<Backstory: ([^>]*)>", prompt)[-1]
    words = [word for word in re.findall(r"[a-z]{4,}", backstory) if word not in ("that", "with", "have", "from")]
    return f"<Reaction: Thank you for telling me about the {' and the '.join(words[:2])}!> + **{response}**"


class ObligingServer:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __enter__(self) -> ObligingServer:
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
        return f"http://127.0.0.1:{self._port}/v1"

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)

        async def start() -> web.AppRunner:
            app = web.Application()
            app.add_routes([web.post("/v1/chat/completions", self._complete)])
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._port = runner.addresses[0][1]
            started.set()
            return runner

        runner = self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    async def _complete(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        prompt = body["messages"][-1]["content"]
        self.asked.append(prompt)
        message = {"role": "assistant", "content": answer(prompt)}
        return web.json_response(
            {
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1},
            }
        )
