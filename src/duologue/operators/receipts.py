"""The receipt of one operator's run: what it was asked to do, with which models, and what became of it.

folder.write_receipt(begun(operator, options, desk, source="val.json", seed=7))
folder.write_receipt(begun(…) | ended(outcome, desk))
"""

from __future__ import annotations

from typing import Any

from duologue import __version__
from duologue.models.desk import ModelDesk
from duologue.operators.engine import Outcome
from duologue.operators.operator import Operator, OperatorOptions


def begun(operator: Operator, options: OperatorOptions, desk: ModelDesk, *, source: str, seed: int) -> dict[str, Any]:
    """What decides the results: operator, options, prompts (in the options' hash), seed, input and models."""
    return {
        "duologue": __version__,
        "operator": operator.name,
        "layout": operator.layout,
        "source": source,
        "options": options.model_dump(mode="json"),
        "options_hash": operator.options_hash(options, seed),
        "seed": seed,
        "models": {role: {"name": model.name, "fingerprint": model.fingerprint} for role, model in desk.models.items()},
        "complete": False,
    }


def ended(outcome: Outcome, desk: ModelDesk) -> dict[str, Any]:
    """What became of it; also of a run that was stopped."""
    return {
        "complete": outcome.complete,
        "stopped": str(outcome.stopped) if outcome.stopped else None,
        "tried": outcome.tried,
        "made": outcome.made,
        "branches": outcome.branches,
        "rejected": dict(sorted(outcome.rejected.items())),
        "not_tried": dict(sorted(outcome.not_tried.items())),
        "requests": desk.receipt.as_dict(),
    }
