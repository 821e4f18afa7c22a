"""The OpenAI wire format: `Request` to JSON body, JSON body to `Reply`, HTTP status to `ModelFailure`.

Messages go to `/chat/completions`, raw text to `/completions`. Only parameters that were set are sent,
because many servers answer an unknown one with 422. Used by the live endpoint and by the batch endpoint
alike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from duologue.models.failure import ModelFailure
from duologue.models.reasoning import split_reasoning
from duologue.models.request import Choice, Reply, Request, TokenLogprob, Usage

CHAT = "/chat/completions"
COMPLETIONS = "/completions"
_EXCERPT = 200


class Call(NamedTuple):
    """Where a request goes below the base URL, and the JSON object that is sent there."""

    path: str
    body: dict[str, Any]


def encode(request: Request, model: str) -> Call:
    """Return the call that asks `model` for this request.

    Raises:
        ModelFailure: refused_request, for what the format has no field for.
    """
    if request.no_repeat_ngram is not None:
        raise ModelFailure(
            "refused_request", "a server cannot forbid repeated n-grams", mend="leave no_repeat_ngram out"
        )
    if request.decoding is not None:
        raise ModelFailure(
            "refused_request",
            f"a server cannot decode with {', '.join(request.decoding.names())}",
            mend="leave that out, or use a model in process (hf:PATH)",
        )
    raw = isinstance(request.prompt, str)
    body: dict[str, Any] = {"model": model}
    body["prompt" if raw else "messages"] = request.prompt
    for name in ("max_tokens", "temperature", "top_p", "top_k", "response_format"):
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.stop:
        body["stop"] = request.stop
    if request.drawn_seed is not None:
        body["seed"] = request.drawn_seed
    if request.n > 1:
        body["n"] = request.n
    if request.logprobs is not None:
        if raw:
            body["logprobs"] = request.logprobs
        else:
            body["logprobs"] = True
            if request.logprobs:
                body["top_logprobs"] = request.logprobs
    return Call(COMPLETIONS if raw else CHAT, body)


def decode(body: bytes, request: Request, where: str) -> Reply:
    """Read a server's reply.

    Raises:
        ModelFailure: malformed_reply, or what the server's error object says where it sends one with status
            200.
    """
    try:
        answer = _ANSWER.decode(body)
    except msgspec.MsgspecError as error:
        raise ModelFailure("malformed_reply", f"{_plain(error)}, found {excerpt(body)}", where=where) from error
    if answer.error and not answer.choices:
        code = answer.error.get("code") if isinstance(answer.error, dict) else None
        if isinstance(code, int) and code >= 400:
            raise failure_of_status(code, body, where)
        raise ModelFailure("malformed_reply", f"the server sent an error: {excerpt(body)}", where=where)
    choices = sorted(answer.choices, key=lambda choice: choice.index or 0)[: request.n]
    usage = answer.usage or _Usage()
    return Reply(
        choices=tuple(_choice(choice, request, where) for choice in choices),
        usage=Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0),
    )


class Streamed:
    """An answer that comes in pieces: the lines of a stream of server-sent events, added one after another.

    Attributes:
        text: the answer so far, without its reasoning.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._said = self._thought = ""
        self._finish = ""
        self.text = ""

    def add(self, line: bytes) -> bool:
        """Take a line; return whether there is more of the answer than before.

        Raises:
            ModelFailure: malformed_reply, or what the server says went wrong.
        """
        field, _, data = line.strip().partition(b":")
        data = data.strip()
        if field != b"data" or not data:
            return False
        if data == b"[DONE]":
            self._finish = self._finish or "stop"
            return False
        try:
            piece = _PIECE.decode(data)
        except msgspec.MsgspecError as error:
            raise ModelFailure(
                "malformed_reply", f"{_plain(error)}, found {excerpt(data)}", where=self._where
            ) from error
        if piece.error:
            raise ModelFailure("server_error", f"the server sent an error: {excerpt(data)}", where=self._where)
        for choice in piece.choices:
            if not choice.index:
                told = choice.delta or _ChatMessage()
                self._said += choice.text or told.content or ""
                self._thought += told.reasoning_content or told.reasoning or ""
                self._finish = choice.finish_reason or self._finish
        before, self.text = self.text, split_reasoning(self._said).text
        return self.text != before

    def reply(self) -> Reply:
        """The whole answer.

        Raises:
            ModelFailure: the stream ended before the answer did.
        """
        if not self._finish:
            raise ModelFailure("unreachable", "the server broke the answer off", where=self._where)
        said = split_reasoning(self._said)
        return Reply((Choice(said.text, self._thought or said.reasoning, self._finish),))


def failure_of_status(status: int, body: bytes, where: str, retry_after: float | None = None) -> ModelFailure:
    """Return the failure that an HTTP status stands for."""
    said = f"status {status}: {excerpt(body)}"
    if status in (401, 403):
        return ModelFailure("unauthorized", f"the server refused the API key (status {status})", where=where)
    if status == 402 or (status == 429 and b"insufficient_quota" in body):
        return ModelFailure("budget", f"the account's quota is spent (status {status})", where=where)
    if status == 404 or 300 <= status < 400:
        return ModelFailure("not_found", said, where=where)
    if status == 429:
        return ModelFailure("rate_limited", said, where=where, retry_after=retry_after)
    if status in (408, 504):
        return ModelFailure("timeout", said, where=where, retry_after=retry_after)
    if status >= 500 or status in (409, 425):
        return ModelFailure("server_error", said, where=where, retry_after=retry_after)
    return ModelFailure("refused_request", said, where=where)


def excerpt(body: bytes) -> str:
    """The beginning of what a server sent, on one line."""
    text = " ".join(body[: 4 * _EXCERPT].decode("utf-8", "replace").split())
    return repr(text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…") if text else "an empty body"


class _ChatMessage(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _WireChoice(msgspec.Struct):
    index: int | None = None
    message: _ChatMessage | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: msgspec.Raw | None = None


class _PieceOfChoice(msgspec.Struct):
    index: int | None = None
    delta: _ChatMessage | None = None
    text: str | None = None
    finish_reason: str | None = None


class _Piece(msgspec.Struct):
    choices: list[_PieceOfChoice] = []
    error: Any = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(msgspec.Struct):
    choices: list[_WireChoice] = []
    usage: _Usage | None = None
    error: Any = None


class _ChatToken(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_ChatToken] | None = None


class _Logprobs(msgspec.Struct):
    """Both shapes: `content` of chat completions, parallel lists of completions."""

    content: list[_ChatToken] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_PIECE = msgspec.json.Decoder(_Piece)
_LOGPROBS = msgspec.json.Decoder(_Logprobs | None)


def _choice(choice: _WireChoice, request: Request, where: str) -> Choice:
    message = choice.message or _ChatMessage()
    said = split_reasoning(choice.text or message.content or "")
    return Choice(
        text=said.text,
        reasoning=message.reasoning_content or message.reasoning or said.reasoning,
        finish_reason=choice.finish_reason or "stop",
        logprobs=_logprobs(choice.logprobs, where) if request.logprobs is not None else None,
    )


def _logprobs(raw: msgspec.Raw | None, where: str) -> tuple[TokenLogprob, ...] | None:
    if raw is None:
        return None
    try:
        given = _LOGPROBS.decode(raw)
    except msgspec.MsgspecError as error:
        raise ModelFailure("malformed_reply", f"log-probabilities: {_plain(error)}", where=where) from error
    if given is None:
        return None
    if given.content is not None:
        return tuple(
            TokenLogprob(each.token, each.logprob, tuple((top.token, top.logprob) for top in each.top_logprobs or []))
            for each in given.content
        )
    tokens, values = given.tokens or [], given.token_logprobs or []
    tops = given.top_logprobs or [None] * len(tokens)
    return tuple(
        TokenLogprob(token, value if value is not None else float("nan"), tuple((top or {}).items()))
        for token, value, top in zip(tokens, values, tops, strict=False)
    )


def _plain(error: Exception) -> str:
    return f"not the JSON of a completion ({error})"
