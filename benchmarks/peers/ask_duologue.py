"""Our own side of `run.py`: the desk, with the ledger written."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from clock import report

from duologue.models import Ledger, Message, ModelDesk, Request, open_model


def ask(url: str, prompts: list[str], in_flight: int) -> int:
    """Ask through the desk; return the answers received."""

    async def run() -> int:
        with tempfile.TemporaryDirectory() as folder:
            model = open_model("openai:mock", base_url=url, concurrency=in_flight)
            async with ModelDesk({"user": model}, ledger=Ledger(Path(folder))) as desk:
                requests = [Request((Message("user", prompt),), temperature=0.7) for prompt in prompts]
                return len(await asyncio.gather(*(desk.complete("user", request) for request in requests)))

    return asyncio.run(run())


if __name__ == "__main__":
    report("duologue", ask)
