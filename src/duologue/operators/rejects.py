"""What an operator could not make, and why: the rows of `rejected.jsonl`."""

from __future__ import annotations

import msgspec

from duologue.models.failure import ModelFailure

MODEL = "model:"


class Rejected(msgspec.Struct, frozen=True):
    """One thing that was tried in vain.

    Attributes:
        id: the dialogue (or work item).
        gate: the gate that turned it away; `model:<kind>` where the model gave no usable answer.
        evidence: a short string that shows why.
    """

    id: str
    gate: str
    evidence: str

    @classmethod
    def unanswered(cls, item: str, failure: ModelFailure) -> Rejected:
        """The reject of an item whose model failed; nothing is kept of the failure, so a rerun asks again."""
        return cls(item, f"{MODEL}{failure.kind}", str(failure))
