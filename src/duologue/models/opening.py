"""From specs to a desk: the models that play an operator's roles, each opened once, behind one ledger.

async with open_desk(dict.fromkeys(CONVERSATION.roles, "tiny"), ledger=Path("runs/talk/ledger")) as desk: ...
desk = open_desk({"user": "tiny", "system": "openai:NAME"}, base_url="http://127.0.0.1:8000/v1")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duologue.models.budget import Budget
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.request import Model
from duologue.models.spec import ModelOptions, open_model


def open_desk(
    specs: Mapping[str, str],
    options: ModelOptions | None = None,
    *,
    ledger: Path | None = None,
    budget: Budget | None = None,
    **fields: Any,
) -> ModelDesk:
    """Open the models that play some roles; leaving the desk closes them.

    Args:
        specs: role -> spec (`models.spec`); roles of one spec share a model.
        options: how to reach or load the models.
        ledger: the folder where replies are kept; None keeps none.
        budget: what may be asked and spent.
        **fields: single options, such as `base_url=...`; they replace those in `options`.

    Raises:
        InputError: a spec names no model, or one that is not there.
        MissingExtra: models in process need the extra `local`.
        LedgerError: the folder cannot be written or read.
    """
    kept = Ledger(ledger) if ledger is not None else None
    try:
        opened: dict[tuple[str, str], Model] = {}
        models = {}
        for role, spec in specs.items():
            # A replay of a run with several models gives each role its own.
            place = (spec, role if spec.startswith("replay:") else "")
            if place not in opened:
                opened[place] = open_model(spec, options, role=role, ledger=kept, **fields)
            models[role] = opened[place]
        return ModelDesk(models, ledger=kept, budget=budget)
    except BaseException:
        if kept is not None:
            kept.close()
        raise
