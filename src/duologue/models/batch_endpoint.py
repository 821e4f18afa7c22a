"""`openai:NAME` with `--batch`: the same questions through a server's batch endpoint, for half the price.

Requests that come together are uploaded as one JSONL file (`/files`), answered within a day (`/batches`),
and mapped back by `custom_id`, which is the request's ledger key. A batch is noted in the ledger as soon as
it is submitted: a run that was stopped fetches it when it is run again, and pays for nothing twice.

    model = BatchEndpoint("gpt-4o-mini", base_url="https://api.openai.com/v1", api_key=key, ledger=ledger)
    replies = await asyncio.gather(*(model.complete(request) for request in requests))
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
import msgspec

from duologue.models import wire
from duologue.models.acceptance import accept
from duologue.models.connection import JSON, Connection, endpoint_fingerprint, without_credentials
from duologue.models.failure import ModelFailure
from duologue.models.ledger import Ledger
from duologue.models.request import Reply, Request, request_key
from duologue.models.retry import Retries

_MOST_REQUESTS = 50_000  # OpenAI's limits for one batch
_MOST_BYTES = 190_000_000
_ENDED = {"completed", "failed", "expired", "cancelled"}
_TRIES = 3


class BatchEndpoint:
    """A model behind an OpenAI-compatible batch API; its replies are those of the live endpoint.

    Attributes:
        name: `openai:NAME`.
        fingerprint: The same as the live endpoint's, so both share one ledger.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        ledger: Ledger | None = None,
        poll: float = 30.0,
        quiet: float = 2.0,
        retries: Retries | None = None,
        timeout: float = 600.0,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Name a model on a server; nothing is sent yet.

        Args:
            model: The name that the server knows it by.
            base_url: The API's root, which usually ends in `/v1`.
            api_key: Sent as a bearer token, and told nowhere.
            ledger: Where batches are noted; without one, a run that is stopped has to ask again.
            poll: Seconds between two looks at a batch.
            quiet: Seconds without a new request after which a batch is submitted.
            retries: When to try again to upload, look or download.
            timeout: Seconds for one upload or download.
            extra: Further fields of every request's body.
        """
        base_url = base_url.rstrip("/")
        self.name = f"openai:{model}"
        self._extra = dict(extra or {})
        self.fingerprint = endpoint_fingerprint(base_url, model, self._extra)
        self._model = model
        self._where = f"{self.name} (batch) at {without_credentials(base_url)}"
        self._connection = Connection(base_url, api_key=api_key, timeout=timeout, where=self._where)
        self._ledger = ledger
        self._poll, self._quiet = poll, quiet
        self._retries = retries or Retries()
        noted = ledger.batches(self.fingerprint) if ledger is not None else []
        self._batch_of = {key: batch for batch, key in noted}
        self._answers: dict[str, asyncio.Future[_Response]] = {}
        self._queue: dict[str, wire.Call] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def complete(self, request: Request) -> Reply:
        """Wait for the answer that a batch brings.

        Raises:
            ModelFailure: There is no usable answer.
        """
        key = request_key(self.fingerprint, request)
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await self._answer(key, request)
                if response.status_code != 200:
                    raise wire.failure_of_status(response.status_code, bytes(response.body), self._where)
                return accept(wire.decode(bytes(response.body), request, self._where), request, self._where)
            except ModelFailure as failure:
                self._answers.pop(key, None)
                self._batch_of.pop(key, None)
                if not failure.transient or attempt == _TRIES:
                    raise

    async def ready(self) -> int:
        """Return the most requests in a batch; there is nothing to load."""
        return _MOST_REQUESTS

    async def close(self) -> None:
        """Stop waiting; batches that are under way go on at the server, and a rerun fetches them."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._connection.close()

    async def _answer(self, key: str, request: Request) -> _Response:
        if key not in self._answers:
            self._answers[key] = asyncio.get_running_loop().create_future()
            if batch := self._batch_of.get(key):
                self._start(batch, self._collect(batch))
            else:
                self._queue[key] = wire.encode(request, self._model)
                self._start("submit", self._submit_when_quiet())
        return await asyncio.shield(self._answers[key])

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background, once at a time."""
        running = self._tasks.get(name)
        if running is not None and not running.done():
            work.close()
        else:
            self._tasks[name] = asyncio.create_task(work)

    async def _submit_when_quiet(self) -> None:
        """Submit all that is queued as soon as nothing more is coming."""
        while self._queue:
            seen = -1
            while seen != len(self._queue) < _MOST_REQUESTS:
                seen = len(self._queue)
                await asyncio.sleep(self._quiet)
            queue, self._queue = self._queue, {}
            for path in (wire.CHAT, wire.COMPLETIONS):
                calls = {key: call for key, call in queue.items() if call.path == path}
                for lines in self._files(calls):
                    await self._submit(path, lines)

    async def _submit(self, path: str, lines: dict[str, bytes]) -> None:
        try:
            uploaded = await self._send("POST", "/files", upload=b"\n".join(lines.values()))
            order = {"input_file_id": uploaded.id, "endpoint": f"/v1{path}", "completion_window": "24h"}
            batch = (await self._send("POST", "/batches", body=order)).id
            if self._ledger is not None:
                self._ledger.note_batch(batch, self.fingerprint, list(lines))
        except Exception as error:
            for key in lines:
                self._settle(key, error)
            return
        self._batch_of |= dict.fromkeys(lines, batch)
        self._start(batch, self._collect(batch))

    def _files(self, calls: dict[str, wire.Call]) -> list[dict[str, bytes]]:
        """Write calls as JSONL lines by key, in as many files as the limits need."""
        files: list[dict[str, bytes]] = []
        size = 0
        for key, call in calls.items():
            line = msgspec.json.encode(
                {
                    "custom_id": key,
                    "method": "POST",
                    "url": f"/v1{call.path}",
                    "body": call.body | self._extra,
                }
            )
            if not files or len(files[-1]) == _MOST_REQUESTS or size + len(line) > _MOST_BYTES:
                files.append({})
                size = 0
            files[-1][key] = line
            size += len(line) + 1
        return files

    async def _collect(self, batch: str) -> None:
        """Wait until a batch has ended; hand out what it brought."""
        try:
            state = await self._send("GET", f"/batches/{batch}")
            while state.status not in _ENDED:
                await asyncio.sleep(self._poll)
                state = await self._send("GET", f"/batches/{batch}")
            for file in filter(None, (state.output_file_id, state.error_file_id)):
                for line in (await self._fetch("GET", f"/files/{file}/content")).splitlines():
                    self._hand_out(_LINE.decode(line))
            failure = ModelFailure(
                "server_error", f"batch {batch} ended ({state.status}) without an answer", where=self._where
            )
        except msgspec.MsgspecError as error:
            failure = ModelFailure("malformed_reply", f"batch {batch}: {error}", where=self._where)
        except ModelFailure as error:
            # A batch of an earlier run that the server no longer has: ask again.
            gone = error.kind == "not_found"
            failure = ModelFailure("server_error", str(error), where=self._where) if gone else error
        for key in [key for key, home in self._batch_of.items() if home == batch]:
            self._settle(key, failure)

    def _hand_out(self, line: _Line) -> None:
        if line.response is not None:
            self._settle(line.custom_id, line.response)
        else:
            told = f"the batch gave an error: {wire.excerpt(bytes(line.error or b''))}"
            self._settle(line.custom_id, ModelFailure("server_error", told, where=self._where))

    def _settle(self, key: str, outcome: _Response | Exception) -> None:
        """Keep an answer for whoever asks, now or later; keep a failure only for who is waiting."""
        waiting = self._answers.get(key)
        if isinstance(outcome, _Response):
            if waiting is None:
                waiting = self._answers[key] = asyncio.get_running_loop().create_future()
            if not waiting.done():
                waiting.set_result(outcome)
        elif waiting is None:
            self._batch_of.pop(key, None)
        elif not waiting.done():
            waiting.set_exception(outcome)
            waiting.exception()  # seen, even if nobody waits any more

    async def _send(self, method: str, path: str, *, body: Any = None, upload: bytes | None = None) -> _Object:
        answer = await self._fetch(method, path, body=body, upload=upload)
        try:
            return _OBJECT.decode(answer)
        except msgspec.MsgspecError as error:
            told = f"no batch API at {path} ({error}), found {wire.excerpt(answer)}"
            raise ModelFailure("malformed_reply", told, where=self._where) from error

    async def _fetch(self, method: str, path: str, *, body: Any = None, upload: bytes | None = None) -> bytes:
        attempt = 0
        while True:
            attempt += 1
            data: Any = None if body is None else msgspec.json.encode(body)
            if upload is not None:
                data = aiohttp.FormData({"purpose": "batch"})
                data.add_field("file", upload, filename="requests.jsonl", content_type="application/jsonl")
            try:
                return await self._connection.send(method, path, data, None if upload is not None else JSON)
            except ModelFailure as failure:
                if not self._retries.again(failure, attempt, answered=bool(self._batch_of)):
                    raise
                await asyncio.sleep(self._retries.wait(failure, attempt))


class _Object(msgspec.Struct):
    """A file or a batch, as far as it concerns us."""

    id: str
    status: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None


class _Response(msgspec.Struct):
    body: msgspec.Raw
    status_code: int = 200


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: msgspec.Raw | None = None


_OBJECT = msgspec.json.Decoder(_Object)
_LINE = msgspec.json.Decoder(_Line)
