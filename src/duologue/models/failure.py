"""Why a model gave no usable answer, as a type: an error text never becomes data.

`kind` is what programs go by and what receipts count; `str()` is the one line a person reads, with the mend.
A *fatal* kind will meet every later request as well, so a run stops on it (cleanly, and resumable); any other
spoils one item only.

    try:
        reply = await desk.complete("user", request)
    except ModelFailure as failure:
        if failure.fatal:
            raise
        rejects[failure.kind] += 1
"""

from __future__ import annotations

from typing import Literal, get_args

from duologue.errors import DuologueError

FailureKind = Literal[
    "unreachable",
    "unauthorized",
    "not_found",
    "rate_limited",
    "server_error",
    "timeout",
    "empty_reply",
    "malformed_reply",
    "cut_by_length",
    "missing_choices",
    "missing_logprobs",
    "refused_request",
    "not_in_ledger",
    "budget",
    "circuit_open",
]
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)

FATAL: frozenset[FailureKind] = frozenset({"unreachable", "unauthorized", "not_found", "budget", "circuit_open"})
TRANSIENT: frozenset[FailureKind] = frozenset(
    {
        "unreachable",
        "rate_limited",
        "server_error",
        "timeout",
        "empty_reply",
        "malformed_reply",
        "missing_choices",
        "missing_logprobs",
    }
)

_MENDS: dict[FailureKind, str] = {
    "unreachable": "start the server or correct --base-url; finished replies are kept, so run again",
    "unauthorized": "set OPENAI_API_KEY to a key that this server accepts",
    "not_found": "correct the model name or --base-url (it usually ends in /v1)",
    "rate_limited": "run again later (finished replies are kept) or lower --concurrency",
    "server_error": "look at the server's log; run again to ask only what is missing",
    "timeout": "raise --timeout or lower --concurrency; run again to ask only what is missing",
    "empty_reply": "look at the prompt, or raise max_tokens if the model spent them on reasoning",
    "malformed_reply": "check that --base-url is an OpenAI-compatible server",
    "cut_by_length": "raise max_tokens",
    "missing_choices": "ask for one answer at a time (n=1): this server may ignore n",
    "missing_logprobs": "use a server that returns log-probabilities, or a model in process (hf:)",
    "refused_request": "change the parameter that the server names",
    "not_in_ledger": "run once with the model itself, or replay with the options of that run",
    "budget": "raise the budget and run again: finished replies are kept",
    "circuit_open": "look at the server; finished replies are kept, so run again when it is back",
}


class ModelFailure(DuologueError):
    """A request without a usable answer.

    Attributes:
        kind: One of `KINDS`.
        retry_after: Seconds that the server asked to wait, where it did.
    """

    def __init__(
        self,
        kind: FailureKind,
        what: str,
        *,
        where: str = "",
        mend: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, where=where, mend=_MENDS[kind] if mend is None else mend)
        self.kind = kind
        self.retry_after = retry_after

    @property
    def fatal(self) -> bool:
        """Whether every later request would fail in the same way."""
        return self.kind in FATAL

    @property
    def transient(self) -> bool:
        """Whether asking again may help."""
        return self.kind in TRANSIENT
