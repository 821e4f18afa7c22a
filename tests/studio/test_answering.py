"""How a served studio answers on a connection that stays open."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

from studio_server import studio_server


def test_no_answer_waits_for_an_acknowledgement(tmp_path: Path) -> None:
    """Head and body of an answer are two writes: without TCP_NODELAY the second waits 40 ms for the client's."""
    with studio_server(tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            connection.request("GET", "/static/icon.svg")
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
    assert min(times[1:]) < 0.03
