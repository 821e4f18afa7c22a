"""What a helper of a simulation did wrong, as a type: the conversation is counted as failed and is never data."""

from __future__ import annotations

from typing import Literal, TypeAlias

from duologue.errors import DuologueError
from duologue.operators.gates import Verdict

Role: TypeAlias = Literal["policy", "classifier", "user", "intent", "score"]


class RoleFault(DuologueError):
    """A role gave nothing that can be used, although its model answered.

    Attributes:
        role: whose fault it is.
        kind: what it did, a few words that are the same for all such faults: `user-loop`, `answer-told`.
        evidence: a short string that shows it.
    """

    def __init__(self, role: Role, kind: str, evidence: str = "") -> None:
        self.role = role
        self.kind = kind
        self.evidence = evidence
        super().__init__(f"{kind}: {evidence}" if evidence else kind, where=role)

    @classmethod
    def of(cls, role: Role, verdict: Verdict) -> RoleFault:
        """The fault of a role whose last draw failed a gate."""
        return cls(role, verdict.gate, verdict.evidence)
