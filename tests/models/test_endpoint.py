"""The endpoint against a real server that misbehaves in every way the issue lists."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest
from misbehaving_server import Server

from duologue.models import Message, ModelFailure, Reply, Request
from duologue.models.connection import without_credentials
from duologue.models.endpoint import Endpoint
from duologue.models.retry import Retries
from duologue.models.throttle import Throttle

HELLO = Request((Message("user", "hello"),), temperature=0)
QUICK = Retries(first_wait=0.002)


def ask(server: Server | str, *requests: Request, **options: Any) -> list[Reply]:
    url = server if isinstance(server, str) else server.url
    options = {
        "retries": QUICK,
        "throttle": Throttle(options.get("concurrency", 32), cooldown=0.02),
    } | options

    async def run() -> list[Reply]:
        model = Endpoint("m", base_url=url, **options)
        try:
            return list(await asyncio.gather(*(model.complete(request) for request in requests)))
        finally:
            await model.close()

    return asyncio.run(run())


def failure(server: Server | str, request: Request = HELLO, **options: Any) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        ask(server, request, **options)
    line = str(raised.value)
    assert "\n" not in line
    assert "openai:m at http" in line or raised.value.kind == "circuit_open"
    return raised.value


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def test_only_what_was_set_is_sent(server: Server) -> None:
    full = Request(
        "Once",
        max_tokens=5,
        temperature=0.7,
        top_p=0.9,
        top_k=40,
        stop=("\n",),
        seed=3,
        n=2,
        logprobs=None,
        response_format={"type": "json_object"},
    )
    ask(server, HELLO)
    ask(server, full)
    assert server.log[0] == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.0,
    }
    assert server.log[1] == {
        "model": "m",
        "prompt": "Once",
        "max_tokens": 5,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["\n"],
        "seed": 3,
        "n": 2,
        "response_format": {"type": "json_object"},
    }


@pytest.mark.parametrize(
    ("behaviour", "kind", "asked", "told"),
    [
        ("401", "unauthorized", 1, "OPENAI_API_KEY"),
        ("403", "unauthorized", 1, "OPENAI_API_KEY"),
        ("404", "not_found", 1, "ends in /v1"),
        ("400", "refused_request", 1, "told to give 400"),
        ("422", "refused_request", 1, "told to give 422"),
        ("402", "budget", 1, "quota"),
        ("429", "rate_limited", 10, "lower --concurrency"),
        ("500", "server_error", 5, "server's log"),
        ("empty", "empty_reply", 2, "the answer is empty"),
        ("html", "malformed_reply", 3, "Welcome to nginx"),
        ("nothing", "malformed_reply", 3, "an empty body"),
        ("error_with_200", "server_error", 5, "upstream is busy"),
        ("reset", "unreachable", 6, "run again"),
    ],
)
def test_what_always_goes_wrong_is_a_typed_failure(
    server: Server, behaviour: str, kind: str, asked: int, told: str
) -> None:
    ask(server, HELLO, throttle=Throttle())  # the server is alive
    server.log.clear()
    server.always = behaviour
    failed = failure(server)
    assert failed.kind == kind
    assert told in str(failed)
    assert len(server.log) <= asked
    assert failed.fatal == (kind in {"unauthorized", "not_found", "budget", "unreachable"})


@pytest.mark.parametrize("behaviour", ["429", "429 0.1", "500", "503 0.1", "empty", "html", "reset", "nothing"])
def test_what_goes_wrong_in_passing_is_asked_again(server: Server, behaviour: str) -> None:
    server.script = [behaviour, "answer"]
    assert ask(server, HELLO)[0].text.startswith("said ")
    assert len(server.log) == 2


@pytest.mark.parametrize("header", ["0.3", "date2"])
def test_retry_after_is_honoured_by_everyone(server: Server, header: str) -> None:
    server.script = [f"429 {header}"]
    ask(server, HELLO, *(Request(f"more {number}") for number in range(8)), concurrency=1)
    waited = server.times[1] - server.times[0]
    assert waited >= (0.3 if header == "0.3" else 0.9)  # an HTTP date has whole seconds


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server: Server) -> None:
    server.always = "429 3600"
    begun = time.monotonic()
    assert failure(server).kind == "rate_limited"
    assert time.monotonic() - begun < 2


def test_a_hanging_connection_times_out_and_is_tried_again(server: Server) -> None:
    server.script = ["hang", "answer"]
    assert ask(server, HELLO, timeout=0.2)[0].text.startswith("said ")
    server.always = "hang"
    assert failure(server, timeout=0.1).kind == "timeout"


def test_no_server_at_all_is_told_within_seconds() -> None:
    begun = time.monotonic()
    failed = failure(f"http://127.0.0.1:{free_port()}/v1", retries=Retries(), throttle=Throttle())
    assert failed.kind == "unreachable"
    assert failed.fatal
    assert time.monotonic() - begun < 5


def test_fewer_answers_or_no_logprobs_are_failures(server: Server) -> None:
    server.always = "fewer"
    assert failure(server, Request("x", n=3)).kind == "missing_choices"
    server.always = None
    assert failure(server, Request("x", logprobs=1)).kind == "missing_logprobs"


def test_reasoning_is_kept_apart(server: Server) -> None:
    server.always = "thinking"
    (reply,) = ask(server, HELLO)
    assert (reply.text, reply.choices[0].reasoning) == ("Yes.", "Let me see.")


def test_a_reply_cut_by_length_says_so(server: Server) -> None:
    server.always = "cut"
    assert ask(server, HELLO)[0].finish_reason == "length"


def test_the_key_is_sent_and_told_nowhere(server: Server) -> None:
    server.always = "echo_key"
    failed = failure(server, api_key="sk-secret")
    assert server.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "wrong key Bearer ***" in str(failed)
    assert "sk-secret" not in Endpoint("m", base_url=server.url, api_key="sk-secret").fingerprint


def test_credentials_in_the_url_are_used_and_told_nowhere(server: Server) -> None:
    url = server.url.replace("http://", "http://someone:password@")
    server.script = ["400"]
    failed = failure(url, api_key="sk-for-another-server")
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert "someone" not in str(failed)
    assert "password" not in Endpoint("m", base_url=url).fingerprint
    assert without_credentials("http://a:b@host:1/v1") == "http://host:1/v1"


def test_never_more_in_flight_than_the_cap(server: Server) -> None:
    server.latency = 0.02
    ask(server, *(Request(f"question {number}") for number in range(60)), concurrency=7)
    assert server.peak == 7


def test_a_storm_of_429_lowers_concurrency_and_everything_is_answered(server: Server) -> None:
    server.latency = 0.01
    server.script = ["answer"] * 20 + ["429"] * 30
    throttle = Throttle(16, cooldown=0.02)
    replies = ask(server, *(Request(f"question {number}") for number in range(120)), throttle=throttle)
    assert len({reply.text for reply in replies}) == 120
    assert throttle.limit < 16
