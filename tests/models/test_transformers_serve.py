"""`transformers serve` as a real OpenAI-compatible server: the same greedy text as in process, through the endpoint.

What this server lacks (n, log-probabilities; unknown fields get 422) has to come out as a typed failure.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from random_llama import make_random_llama

from duologue.models import Ledger, Message, ModelDesk, ModelFailure, Reply, Request, open_model

pytest.importorskip("uvicorn", reason="transformers' serving extra is not installed")
pytest.importorskip("fastapi", reason="transformers' serving extra is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def url(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("hub")
    (home / "hub").mkdir()  # the server lists it, and fails where it is missing
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("transformers")
    command = [
        str(program) if program.exists() else shutil.which("transformers") or "transformers",
        "serve",
        str(folder),
    ]
    command += ["--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    told = (home / "log").open("w")
    process = subprocess.Popen(
        command, stdout=told, stderr=told, env=os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.fail(f"transformers serve ended: {(home / 'log').read_text()[-500:]}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=2).read()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail(f"transformers serve did not start: {(home / 'log').read_text()[-500:]}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def ask(
    spec: str, requests: list[Request], ledger: Path | None = None, **options: object
) -> list[Reply | BaseException]:
    async def run() -> list[Reply | BaseException]:
        model = open_model(spec, **options)
        async with ModelDesk({"user": model}, ledger=Ledger(ledger) if ledger else None) as desk:
            return await asyncio.gather(
                *(desk.complete("user", request) for request in requests), return_exceptions=True
            )

    return asyncio.run(run())


def test_the_server_gives_the_greedy_text_of_the_model_in_process(url: str, folder: Path, tmp_path: Path) -> None:
    requests = [
        Request((Message("user", f"a cheap hotel for {number}"),), max_tokens=12, temperature=0) for number in range(6)
    ]
    here = ask(f"hf:{folder}", requests, device="cpu", dtype="float32")
    there = ask(f"openai:{folder}", requests, tmp_path, base_url=url, concurrency=4)
    texts = [reply.text for reply in here if isinstance(reply, Reply)]
    assert len(texts) == 6
    assert [reply.text if isinstance(reply, Reply) else reply for reply in there] == texts
    again = ask(f"openai:{folder}", requests, tmp_path, base_url=url)
    assert all(isinstance(reply, Reply) and reply.from_ledger for reply in again)


def test_what_this_server_cannot_do_is_a_typed_failure(url: str, folder: Path) -> None:
    prompt = (Message("user", "a train"),)
    requests = [Request(prompt, max_tokens=4, temperature=0, n=3), Request(prompt, max_tokens=4, logprobs=1)]
    kinds = [getattr(reply, "kind", reply) for reply in ask(f"openai:{folder}", requests, base_url=url)]
    assert kinds[0] in {"missing_choices", "refused_request"}
    assert kinds[1] in {"missing_logprobs", "refused_request"}
    (unknown,) = ask(f"openai:{folder}", [Request(prompt, top_k=5)], base_url=url)
    assert isinstance(unknown, Reply) or (isinstance(unknown, ModelFailure) and unknown.kind == "refused_request")


def test_it_is_heard_piece_by_piece(url: str, folder: Path) -> None:
    heard: list[str] = []
    request = Request((Message("user", "Once upon a time"),), max_tokens=12, temperature=0)

    async def run() -> list[Reply]:
        async with ModelDesk({"a": open_model(f"openai:{folder}", base_url=url)}) as desk:
            return [await desk.complete("a", request), await desk.complete("a", request, heard.append)]

    whole, streamed = asyncio.run(run())
    assert streamed.text == whole.text == heard[-1]
    assert len(set(heard)) > 3
