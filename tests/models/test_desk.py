"""The desk against a real server: nothing is asked twice, budgets stop, receipts count."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from misbehaving_server import Server

from duologue.errors import InputError
from duologue.models import (
    Budget,
    Ledger,
    Message,
    ModelDesk,
    ModelFailure,
    Price,
    Reply,
    Request,
    open_model,
)


def ask(
    server: Server, folder: Path, requests: list[Request], budget: Budget | None = None
) -> tuple[list[Reply], ModelDesk]:
    async def run() -> tuple[list[Reply], ModelDesk]:
        model = open_model("openai:m", base_url=server.url)
        async with ModelDesk({"user": model}, ledger=Ledger(folder), budget=budget) as desk:
            return list(await asyncio.gather(*(desk.complete("user", request) for request in requests))), desk

    return asyncio.run(run())


def questions(count: int) -> list[Request]:
    return [Request((Message("user", f"question {number}"),), temperature=0, seed=1) for number in range(count)]


def test_a_second_run_asks_nothing_and_says_the_same(server: Server, tmp_path: Path) -> None:
    first, _ = ask(server, tmp_path, questions(20))
    assert len(server.log) == 20
    again, desk = ask(server, tmp_path, questions(20))
    assert len(server.log) == 20
    assert [(reply.text, reply.key) for reply in again] == [(reply.text, reply.key) for reply in first]
    assert all(reply.from_ledger for reply in again)
    assert not any(reply.from_ledger for reply in first)
    assert desk.receipt.as_dict()["from_ledger"] == 20


def test_equal_requests_in_flight_are_asked_once(server: Server, tmp_path: Path) -> None:
    server.latency = 0.05
    replies, desk = ask(server, tmp_path, questions(1) * 10)
    assert len(server.log) == 1
    assert len({reply.text for reply in replies}) == 1
    assert desk.receipt.as_dict()["shared_in_flight"] == 9


def test_another_draw_is_another_question(server: Server, tmp_path: Path) -> None:
    prompt = (Message("user", "hello"),)
    replies, _ = ask(server, tmp_path, [Request(prompt, seed=3, draw=draw) for draw in range(4)])
    assert len({reply.key for reply in replies}) == 4
    assert len({body["seed"] for body in server.log}) == 4
    assert 3 in {body["seed"] for body in server.log}


def test_a_spent_budget_stops_and_a_larger_one_goes_on(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ModelFailure, match="budget of 5 requests is spent") as failure:
        ask(server, tmp_path, questions(20), Budget(max_requests=5))
    assert failure.value.fatal
    asked = len(server.log)
    assert asked <= 5
    ask(server, tmp_path, questions(20), Budget(max_requests=20))
    committed_before = 20 + asked - len(server.log)
    assert 0 <= committed_before <= 5


def test_money_is_counted_and_needs_a_price(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--max-cost needs the price of openai:m"):
        ask(server, tmp_path, questions(1), Budget(max_cost=1))
    _, desk = ask(server, tmp_path, questions(4), Budget(max_cost=1, prices={"openai:m": Price(1e6, 2e6)}))
    assert desk.receipt.as_dict()["cost"] == 4 * (11 + 2 * 3)
    small = Budget(max_cost=1, prices={"openai:m": Price(1e6, 2e6)})
    ask(server, tmp_path, questions(5)[4:], small)
    with pytest.raises(ModelFailure, match="budget of 1 of money is spent"):
        ask(server, tmp_path, questions(6)[5:], small)


def test_the_receipt_counts_failures_and_is_json(server: Server, tmp_path: Path) -> None:
    async def run() -> ModelDesk:
        server.script = ["422", "answer"]
        model = open_model("openai:m", base_url=server.url)
        async with ModelDesk({"user": model}, ledger=Ledger(tmp_path / "ledger")) as desk:
            with pytest.raises(ModelFailure) as failure:
                await desk.complete("user", questions(1)[0])
            assert failure.value.kind == "refused_request"
            await desk.complete("user", questions(2)[1])
            with pytest.raises(InputError, match="no model plays the role 'judge'"):
                await desk.complete("judge", questions(1)[0])
            desk.receipt.reject("too_short")
        return desk

    desk = asyncio.run(run())
    desk.receipt.write(tmp_path / "receipt.json")
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["asked"] == 2
    assert receipt["failed"] == {"refused_request": 1}
    assert receipt["rejected"] == {"too_short": 1}
    assert receipt["prompt_tokens"] == 11
    assert "failed 1 (refused_request 1)" in str(desk.receipt)


def test_one_asker_giving_up_does_not_take_the_answer_from_the_others(server: Server, tmp_path: Path) -> None:
    server.latency = 0.1

    async def run() -> Reply:
        model = open_model("openai:m", base_url=server.url)
        async with ModelDesk({"user": model}, ledger=Ledger(tmp_path)) as desk:
            hasty = asyncio.create_task(desk.complete("user", questions(1)[0]))
            patient = asyncio.create_task(desk.complete("user", questions(1)[0]))
            await asyncio.sleep(0.02)
            hasty.cancel()
            return await patient

    assert asyncio.run(run()).text.startswith("said ")


def test_a_cut_reply_is_kept_but_refused_where_whole_answers_are_wanted(server: Server, tmp_path: Path) -> None:
    server.always = "cut"
    request = Request("Once", max_tokens=3)
    (reply,), _ = ask(server, tmp_path, [request])
    assert reply.finish_reason == "length"
    with pytest.raises(ModelFailure, match="cut at 3 tokens; raise max_tokens") as failure:
        ask(server, tmp_path, [Request("Once", max_tokens=3, whole=True)])
    assert failure.value.kind == "cut_by_length"
    assert len(server.log) == 1
