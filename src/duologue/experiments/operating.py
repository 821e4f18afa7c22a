"""An operator within a stage: through the engine and the stage's ledger, into a folder of its own.

async with desk_for(work, settings, CONVERSATION) as desk:
    counts = await operate(desk, CONVERSATION, dialogues, options, work.folder, seed=7)
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from duologue.dialogue import Dialogue
from duologue.errors import DuologueError
from duologue.experiments.settings import Asking
from duologue.experiments.stages import Work
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.spec import open_model
from duologue.operators.engine import Outcome, run
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.progress import progress_to
from duologue.operators.run_folder import REJECTED, RunFolder


@asynccontextmanager
async def desk_for(work: Work, settings: Asking, operator: Operator) -> AsyncIterator[ModelDesk]:
    """The desk at which one model answers in all of an operator's roles."""
    ledger = Ledger(work.ledger)
    model = open_model(settings.model, settings.model_options(), ledger=ledger)
    async with ModelDesk(dict.fromkeys(operator.roles, model), ledger=ledger) as desk:
        yield desk


async def operate(
    desk: ModelDesk,
    operator: Operator,
    dialogues: Iterable[Dialogue],
    options: OperatorOptions,
    folder: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Run an operator into a folder and count what became of its items.

    Raises:
        DuologueError: a failure stopped the run, or no dialogue was made because the models failed.
    """
    with RunFolder(folder) as results, progress_to(sys.stderr) as progress:
        outcome = await run(operator, dialogues, desk, options, results, seed=seed, progress=progress)
        counts = _counts(outcome)
        results.write_receipt(counts | {"complete": outcome.stopped is None})
    if outcome.stopped is not None:
        raise outcome.stopped
    if outcome.unanswered and not outcome.made:
        gate, count = outcome.rejected.most_common(1)[0]
        raise DuologueError(
            f"no dialogue was made, {count} of {outcome.tried} failed by {gate}",
            where=str(folder / REJECTED),
            mend="look at the evidence there and run the recipe again",
        )
    return counts


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "tried": outcome.tried,
        "made": outcome.made,
        "rejected": dict(outcome.rejected.most_common()),
        "not_tried": dict(outcome.not_tried),
    }
