"""Answers that are heard while they come: the same reply in the end, from a server and in process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from misbehaving_server import Server, reply_to

from duologue.models import Ledger, Message, ModelDesk, ModelFailure, Reply, Request, open_model
from duologue.models.endpoint import Endpoint
from duologue.models.retry import Retries

HELLO = Request((Message("user", "hello"),), max_tokens=24, temperature=0)


def heard_from(server: Server, request: Request = HELLO) -> tuple[Reply, list[str]]:
    heard: list[str] = []

    async def run() -> Reply:
        model = Endpoint("m", base_url=server.url, retries=Retries(first_wait=0.002))
        try:
            return await model.stream(request, heard.append)
        finally:
            await model.close()

    return asyncio.run(run()), heard


@pytest.mark.parametrize("request_", [HELLO, Request("hello", max_tokens=24)])
def test_a_server_is_heard_piece_by_piece(server: Server, request_: Request) -> None:
    reply, heard = heard_from(server, request_)
    said = reply_to(server.log[0])["choices"][0]
    text = said["text"] if isinstance(request_.prompt, str) else said["message"]["content"]
    assert server.log[0]["stream"] is True
    assert reply.text == text
    assert heard == [text[:end] for end in range(3, len(text), 3)] + [text]
    assert reply.finish_reason == "stop"


def test_reasoning_is_not_heard(server: Server) -> None:
    server.script = ["thinking"]
    reply, heard = heard_from(server)
    assert reply.text == heard[-1] == "Yes."
    assert reply.choices[0].reasoning == "Let me see."
    assert not any("Let me" in each for each in heard)


@pytest.mark.parametrize("behaviour", ["breaks_off", "fails_on_the_way", "reset", "500", "empty", "html"])
def test_what_breaks_off_is_begun_anew(server: Server, behaviour: str) -> None:
    server.script = [behaviour]
    reply, heard = heard_from(server)
    assert len(server.log) == 2
    assert heard[-1] == reply.text


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [("breaks_off", "unreachable"), ("fails_on_the_way", "server_error"), ("400", "refused_request")],
)
def test_what_always_breaks_off_is_a_typed_failure(server: Server, behaviour: str, kind: str) -> None:
    server.always = behaviour
    with pytest.raises(ModelFailure) as raised:
        heard_from(server)
    assert raised.value.kind == kind


def test_what_the_ledger_holds_is_heard_at_once(server: Server, tmp_path: Path) -> None:
    heard: list[str] = []

    async def run() -> list[Reply]:
        with Ledger(tmp_path / "ledger") as ledger:
            async with ModelDesk({"a": open_model("openai:m", base_url=server.url)}, ledger=ledger) as desk:
                first = await desk.complete("a", HELLO)
                return [first, await desk.complete("a", HELLO, heard.append)]

    first, again = asyncio.run(run())
    assert again.from_ledger
    assert heard == [first.text]
    assert len(server.log) == 1


def test_in_process_the_answer_grows_token_by_token_into_the_same_text() -> None:
    heard: list[str] = []
    asked = [HELLO, Request("Once", max_tokens=12, temperature=1.0, seed=3, stop=("e ",))]

    async def run() -> list[tuple[Reply, Reply]]:
        model = open_model("tiny")
        try:
            found = []
            for request in asked:
                heard.append("")
                found.append((await model.complete(request), await model.stream(request, heard.append)))
                await asyncio.sleep(0)
                assert heard[-1] == found[-1][1].text
            return found
        finally:
            await model.close()

    for whole, streamed in asyncio.run(run()):
        assert streamed == whole
    assert len(heard) > 8
    assert not any("\ufffd" in each for each in heard)
