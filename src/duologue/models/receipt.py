"""What a run asked, received and spent: the receipt that it prints and keeps as `receipt.json`."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from duologue.models.failure import ModelFailure
from duologue.models.request import Usage


class Receipt:
    """Counts over one run, all roles together and role by role.

    Attributes:
        asked: Requests put to a model (retries are part of one).
        from_ledger: Requests that an earlier reply answered.
        shared: Requests that joined an equal one in flight.
        again: Of all of these, further draws: the same question, because an answer did not pass.
        failed: Failures by kind.
        prompt_tokens, completion_tokens, cost: Of the replies that were asked for.
        kept_prompt_tokens, kept_completion_tokens: Of the replies that came from the ledger.
        longest_reply: Of all replies, in tokens.
        rejected: Rejected dialogues by gate; the engine counts these.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.from_ledger: Counter[str] = Counter()
        self.shared: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.kept_prompt_tokens = 0
        self.kept_completion_tokens = 0
        self.longest_reply = 0
        self.cost = 0.0
        self._begun = time.monotonic()

    @property
    def first(self) -> int:
        """Requests that asked a question for the first time, wherever their answers came from."""
        return self.asked.total() + self.from_ledger.total() + self.shared.total() - self.again.total()

    def count_reply(self, usage: Usage, cost: float) -> None:
        """Count what a fresh reply used."""
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.longest_reply = max(self.longest_reply, usage.completion_tokens)
        self.cost += cost

    def count_request(self, role: str, *, again: bool) -> None:
        """Count a request before it is known where its answer comes from.

        Args:
            role: Whose answer is wanted.
            again: Whether the same question was put before.
        """
        self.again[role] += again

    def count_kept(self, role: str, usage: Usage) -> None:
        """Count a reply from the ledger."""
        self.from_ledger[role] += 1
        self.kept_prompt_tokens += usage.prompt_tokens
        self.kept_completion_tokens += usage.completion_tokens
        self.longest_reply = max(self.longest_reply, usage.completion_tokens)

    def count_failure(self, failure: ModelFailure) -> None:
        """Count a request that has no usable answer."""
        self.failed[failure.kind] += 1

    def reject(self, gate: str) -> None:
        """Count a dialogue that a gate turned away."""
        self.rejected[gate] += 1

    def as_dict(self) -> dict[str, Any]:
        """All counts, ready for JSON; money is in the unit of the prices given."""
        return {
            "asked": self.asked.total(),
            "from_ledger": self.from_ledger.total(),
            "shared_in_flight": self.shared.total(),
            "first": self.first,
            "again": self.again.total(),
            "failed": dict(sorted(self.failed.items())),
            "rejected": dict(sorted(self.rejected.items())),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "kept_prompt_tokens": self.kept_prompt_tokens,
            "kept_completion_tokens": self.kept_completion_tokens,
            "cost": round(self.cost, 6),
            "wall_seconds": round(time.monotonic() - self._begun, 3),
            "roles": {
                role: {
                    "asked": self.asked[role],
                    "from_ledger": self.from_ledger[role],
                    "shared": self.shared[role],
                }
                for role in sorted(self.asked | self.from_ledger | self.shared)
            },
        }

    def write(self, path: Path) -> None:
        """Write the receipt as JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self.as_dict()), indent=2) + b"\n")

    def __str__(self) -> str:
        counts = self.as_dict()
        parts = [f"asked {counts['asked']}", f"from ledger {counts['from_ledger']}"]
        for name in ("failed", "rejected"):
            total = sum(counts[name].values())
            reasons = ", ".join(f"{reason} {number}" for reason, number in counts[name].items())
            parts.append(f"{name} {total} ({reasons})" if total else f"{name} 0")
        parts.append(f"tokens {self.prompt_tokens + self.completion_tokens}")
        if self.cost:
            parts.append(f"cost {self.cost:.4f}")
        return " · ".join([*parts, f"{counts['wall_seconds']:.1f} s"])
