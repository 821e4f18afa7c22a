"""When to ask again, and after how long.

Exponential backoff with jitter, so that requests which failed together do not return together; a server's
`Retry-After` (seconds or an HTTP date) is honoured where it gives one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from duologue.models.failure import FailureKind, ModelFailure

_ATTEMPTS: dict[FailureKind, int] = {
    "rate_limited": 10,
    "unreachable": 6,
    "server_error": 5,
    "timeout": 3,
    "malformed_reply": 3,
    "empty_reply": 2,
    "missing_choices": 2,
    "missing_logprobs": 2,
}
_NEVER_ANSWERED = 3  # a server that is not there at all is told of in seconds, not after a minute of hope


@dataclass(frozen=True)
class Retries:
    """How often each kind of failure is tried, and the pauses between.

    Attributes:
        attempts: Tries per kind of failure, the first included; a kind that is not named is tried once.
        first_wait: Seconds before the second try; each further wait is twice as long.
        longest_wait: Seconds that no wait exceeds; a server that asks for more is not waited for.
    """

    attempts: Mapping[FailureKind, int] = field(default_factory=lambda: dict(_ATTEMPTS))
    first_wait: float = 0.5
    longest_wait: float = 60.0

    def again(self, failure: ModelFailure, attempt: int, *, answered: bool) -> bool:
        """Whether to try again after try number `attempt` (from 1).

        Args:
            failure: How that try failed.
            attempt: How many tries there have been.
            answered: Whether this server has ever answered anything.
        """
        most = self.attempts.get(failure.kind, 1) if failure.transient else 1
        if failure.kind == "unreachable" and not answered:
            most = min(most, _NEVER_ANSWERED)
        return attempt < most and (failure.retry_after or 0) <= self.longest_wait

    def wait(self, failure: ModelFailure, attempt: int) -> float:
        """Seconds to wait after try number `attempt`: at least what the server asked for."""
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
        if failure.retry_after is not None:
            return failure.retry_after + random.uniform(0, self.first_wait)
        return longest * random.uniform(0.5, 1)


def retry_after_seconds(header: str | None, now: float | None = None) -> float | None:
    """Read a Retry-After header: seconds from now, never negative; None where there is none that can be read.

    Args:
        header: The header's value: a number of seconds, or an HTTP date (RFC 9110, 10.2.3).
        now: Seconds since the epoch; the present by default.
    """
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))
