"""The ledger keeps every reply once, in files that many processes share; a replay gives them back exactly."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.errors import InputError
from duologue.models import (
    Choice,
    Ledger,
    LedgerError,
    LedgerReader,
    Message,
    ModelFailure,
    Reply,
    Request,
    Usage,
    open_model,
    request_key,
)
from duologue.models.request import TokenLogprob


def record(ledger: Ledger, *said: str, fingerprint: str = "f") -> list[str]:
    async def run() -> list[str]:
        requests = [Request(text, seed=1) for text in said]
        keys = [request_key(fingerprint, request) for request in requests]
        await asyncio.gather(
            *(
                ledger.record(key, fingerprint, request, Reply((Choice(f"re: {request.prompt}"),)))
                for key, request in zip(keys, requests, strict=True)
            )
        )
        return keys

    return asyncio.run(run())


words = st.text(st.characters(codec="utf-8"), max_size=20)
choices = st.builds(
    Choice,
    text=words,
    reasoning=words,
    finish_reason=st.sampled_from(["stop", "length"]),
    logprobs=st.none()
    | st.tuples(st.builds(TokenLogprob, token=words, logprob=st.floats(-50, 0), top=st.just((("a", -0.5),)))),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(choices, min_size=1, max_size=3), st.integers(0, 99))
def test_a_reply_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, said: list[Choice], tokens: int
) -> None:
    reply = Reply(tuple(said), Usage(tokens, 1))
    folder = tmp_path_factory.mktemp("ledger")
    with Ledger(folder) as ledger:
        asyncio.run(ledger.record("k", "f", Request("x"), reply))
        kept = ledger.get("k")
    assert kept
    assert kept.from_ledger
    assert (kept.choices, kept.usage, kept.key) == (reply.choices, reply.usage, "k")
    shutil.rmtree(folder)


def test_two_processes_write_two_files_and_read_both(tmp_path: Path) -> None:
    with Ledger(tmp_path) as first:
        (key,) = record(first, "one")
        with Ledger(tmp_path) as second:
            assert second.path != first.path
            (other,) = record(second, "two")
            kept = second.get(key)
            assert kept
            assert kept.text == "re: one"
    with Ledger(tmp_path) as third:
        assert third.path == first.path
        assert third.count() == 2
        assert third.get(other)


def test_the_same_key_is_written_once(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        record(ledger, "one", "one")
        record(ledger, "one")
        assert ledger.count() == 1


def test_what_decides_the_answer_is_in_the_key_and_nothing_else() -> None:
    request = Request((Message("user", "hello"),), temperature=0, seed=1)
    same = [
        Request([Message("user", "hello")], temperature=0.0, seed=1),
        Request((Message("user", "hello"),), temperature=0, seed=1, whole=True),
    ]
    other = [
        Request("hello", temperature=0, seed=1),
        Request((Message("system", "hello"),), temperature=0, seed=1),
        Request((Message("user", "hello"),), temperature=None, seed=1),
        Request((Message("user", "hello"),), temperature=0, seed=2),
        Request((Message("user", "hello"),), temperature=0, seed=1, draw=1),
        Request((Message("user", "hello"),), temperature=0, seed=1, n=2),
        Request((Message("user", "hello"),), temperature=0, seed=1, stop=("x",)),
        Request((Message("user", "hello"),), temperature=0, seed=1, response_format={"type": "json_object"}),
    ]
    assert {request_key("f", each) for each in same} == {request_key("f", request)}
    keys = {request_key("f", each) for each in other} | {request_key("f", request), request_key("g", request)}
    assert len(keys) == len(other) + 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_tokens", 0), ("n", 0), ("temperature", -1), ("top_p", 1.5), ("stop", ("",)), ("prompt", "")],
)
def test_impossible_requests_are_refused_by_field(field: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"model request, {field}: expected"):
        Request(**{"prompt": "x", field: value})


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger-000.sqlite").write_text("this is not a database, but it is long enough to look at" * 99)
    with pytest.raises(LedgerError, match=r"ledger-000\.sqlite: the ledger cannot be read"):
        Ledger(tmp_path)


def test_a_full_database_keeps_what_it_has_and_refuses_the_rest(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger._connection.execute("PRAGMA max_page_count = 12")
    kept = record(ledger, "one", "two")
    with pytest.raises(LedgerError, match="the disk is full"):
        record(ledger, "long " * 20_000)
    with pytest.raises(LedgerError, match="the disk is full"):
        record(ledger, "short")
    ledger.close()
    with Ledger(tmp_path) as again:
        assert all(again.get(key) for key in kept)
        record(again, "short")


def replay(run: Path, request: Request, role: str | None = None) -> Reply:
    async def ask() -> Reply:
        model = open_model(f"replay:{run}", role=role)
        try:
            return await model.complete(request)
        finally:
            await model.close()

    return asyncio.run(ask())


def test_a_replay_is_exact_and_says_what_is_missing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "synthesize" / "ledger") as ledger:
        ledger.describe("user", "openai:m", "f")
        (key,) = record(ledger, "one")
    reply = replay(tmp_path, Request("one", seed=1))
    assert (reply.text, reply.key) == ("re: one", key)
    with pytest.raises(ModelFailure, match="was never made: 'two'") as failure:
        replay(tmp_path, Request("two", seed=1))
    assert failure.value.kind == "not_in_ledger"
    assert request_key("f", Request("two", seed=1)) in str(failure.value)


def test_a_replay_of_several_models_goes_by_role(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for role, fingerprint in (("user", "f"), ("judge", "g")):
            ledger.describe(role, f"openai:{role}", fingerprint)
            record(ledger, f"to {role}", fingerprint=fingerprint)
    assert replay(tmp_path, Request("to judge", seed=1), "judge").text == "re: to judge"
    with pytest.raises(InputError, match="several models took part"):
        replay(tmp_path, Request("to judge", seed=1))
    with pytest.raises(InputError, match="no ledger of replies"):
        replay(tmp_path / "nowhere", Request("x"))


def test_a_ledger_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        record(ledger, "one")
        with LedgerReader(tmp_path) as onlooker:
            assert onlooker.count() == 1
            record(ledger, "two")
            assert [row.request.prompt for row in onlooker.rows()] == ["one", "two"]
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                onlooker._files[0][1].execute("DELETE FROM reply")
