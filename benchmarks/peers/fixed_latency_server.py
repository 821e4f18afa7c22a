"""A server process that answers every completion after a fixed latency: the ground for `engine.py` and `run.py`.

A bare asyncio protocol, because the benchmark is of the client and both share the machine's cores.

    python benchmarks/peers/fixed_latency_server.py --latency 0.05        # prints its port
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPLY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "mock",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": None,
                "message": {
                    "role": "assistant",
                    "content": "I hope that the rain stops before our walk by the river.",
                },
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 12, "total_tokens": 32},
    }
).encode()
MODELS = json.dumps({"object": "list", "data": [{"id": "mock", "object": "model"}]}).encode()


class Answering(asyncio.Protocol):
    """One connection: HTTP/1.1 with Content-Length bodies, one request after another."""

    def __init__(self, latency: float, counts: dict[str, int]) -> None:
        self.latency, self.counts = latency, counts
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
            if len(self.received) < end + 4 + length:
                return
            self.received = self.received[end + 4 + length :]
            self.answer(head)

    def answer(self, head: bytes) -> None:
        """Answer one request."""
        if head.startswith(b"get /stats"):
            self.send(json.dumps(self.counts).encode())
        elif head.startswith(b"get"):
            self.send(MODELS)
        else:
            self.counts["asked"] += 1
            self.counts["in_flight"] += 1
            self.counts["peak"] = max(self.counts["peak"], self.counts["in_flight"])
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.reply)
            else:
                self.reply()

    def reply(self) -> None:
        """Send the completion."""
        self.counts["in_flight"] -= 1
        self.send(REPLY)

    def send(self, body: bytes) -> None:
        """Send a JSON body."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self.transport.is_closing():
            self.transport.write(head.encode() + body)


@contextmanager
def running(latency: float) -> Iterator[str]:
    """Start the server as a process of its own; give its base URL."""
    command = [sys.executable, str(Path(__file__)), "--latency", str(latency)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        time.sleep(0.05)


async def serve(latency: float, port: int) -> None:
    counts = {"asked": 0, "in_flight": 0, "peak": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(latency, counts), "127.0.0.1", port, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(serve(given.latency, given.port))
