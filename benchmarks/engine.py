"""Claim: asking through the desk, with every reply committed to the ledger, costs next to nothing.

Against a server process of fixed latency: the desk, a bare aiohttp loop, and a plain loop on the `openai`
client, each run in turn, median of the rounds.

    python benchmarks/engine.py                       # 50 ms, 32 in flight; then 0 ms
    python benchmarks/engine.py --requests 1000 --rounds 3

Targets: at 50 ms at least 0.97 of the bare loop's throughput; at 0 ms at most 0.3 ms a request, ledger
    included.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from duologue.models import Ledger, Message, ModelDesk, Request, open_model

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from fixed_latency_server import running

Client = Callable[[str, int, int], Awaitable[float]]


def prompt(number: int) -> str:
    return f"Dialogue {number}: the user says that it rains. Write one friendly sentence about the weather."


async def pooled(ask: Callable[[int], Awaitable[object]], requests: int, in_flight: int) -> float:
    """Seconds that `in_flight` workers take for all requests."""
    numbers = iter(range(requests))

    async def work() -> None:
        for number in numbers:
            await ask(number)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return time.perf_counter() - begun


async def bare_aiohttp(url: str, requests: int, in_flight: int) -> float:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(number: int) -> object:
            body = {
                "model": "mock",
                "messages": [{"role": "user", "content": prompt(number)}],
                "temperature": 0.7,
            }
            async with session.post(f"{url}/chat/completions", json=body) as response:
                return (await response.json())["choices"][0]["message"]["content"]

        await ask(0)
        return await pooled(ask, requests, in_flight)


async def plain_openai(url: str, requests: int, in_flight: int) -> float:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(number: int) -> object:
            reply = await client.chat.completions.create(
                model="mock", messages=[{"role": "user", "content": prompt(number)}], temperature=0.7
            )
            return reply.choices[0].message.content

        await ask(0)
        return await pooled(ask, requests, in_flight)


async def duologue(url: str, requests: int, in_flight: int) -> float:
    """As the engine uses it: everything is handed to the desk at once; the throttle lets `in_flight` through."""
    with tempfile.TemporaryDirectory() as folder:
        model = open_model("openai:mock", base_url=url, concurrency=in_flight)
        async with ModelDesk({"user": model}, ledger=Ledger(Path(folder))) as desk:

            def ask(number: int) -> Awaitable[object]:
                return desk.complete("user", Request((Message("user", prompt(number)),), temperature=0.7))

            await ask(-1)
            begun = time.perf_counter()
            await asyncio.gather(*(ask(number) for number in range(requests)))
            return time.perf_counter() - begun


CLIENTS: dict[str, Client] = {"duologue": duologue, "aiohttp": bare_aiohttp, "openai": plain_openai}


def measure(latency: float, requests: int, in_flight: int, rounds: int) -> dict[str, float]:
    """Median seconds per client; the clients take turns, so that a slow moment of the machine hits all."""
    seconds: dict[str, list[float]] = {name: [] for name in CLIENTS}
    with running(latency) as url:
        for _ in range(rounds):
            for name, client in CLIENTS.items():
                seconds[name].append(asyncio.run(client(url, requests, in_flight)))
    return {name: statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()

    slow = measure(given.latency, given.requests, given.in_flight, given.rounds)
    fast = measure(0.0, given.requests, given.in_flight, given.rounds)
    ideal = -(-given.requests // given.in_flight) * given.latency
    ratio = slow["aiohttp"] / slow["duologue"]
    overhead = fast["duologue"] / given.requests * 1000
    for name in CLIENTS:
        print(
            f"{name:10} {given.latency * 1000:g} ms: {slow[name]:6.2f} s, {ideal / slow[name]:.3f} of the ideal"
            f"   0 ms: {fast[name] / given.requests * 1000:.3f} ms a request"
        )
    print(f"throughput, duologue / aiohttp at {given.latency * 1000:g} ms: {ratio:.3f} (target 0.97)")
    print(f"ms a request at 0 ms, ledger written: {overhead:.3f} (target 0.3)")
    result = {
        "benchmark": "engine",
        "ratio_to_aiohttp": round(ratio, 4),
        "ratio_to_openai": round(slow["openai"] / slow["duologue"], 4),
        "share_of_ideal": {name: round(ideal / slow[name], 4) for name in CLIENTS},
        "ms_per_request_at_0_ms": {name: round(fast[name] / given.requests * 1000, 4) for name in CLIENTS},
        "settings": vars(given),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("aiohttp", "openai")},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
