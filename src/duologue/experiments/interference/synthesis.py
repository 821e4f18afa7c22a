"""Stages `situations` and `synthesize`: an operator over each split, through the engine and a ledger."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from duologue.dialogue import Dialogue, read
from duologue.errors import DuologueError
from duologue.experiments.interference.settings import SPLITS, SituationSettings, Split, SynthesizeSettings
from duologue.experiments.stages import Work
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.spec import ModelOptions, open_model
from duologue.operators.engine import Outcome, run
from duologue.operators.given import load_situations
from duologue.operators.interference import INTERFERENCE
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.progress import progress_to
from duologue.operators.run_folder import REJECTED, RunFolder
from duologue.operators.situation import SITUATION


def situations(work: Work, settings: SituationSettings, given: Mapping[Split, Path], seed: int) -> dict[str, Any]:
    """Tell the situation behind each chat, except in the splits whose situations are given."""
    facts: dict[str, Any] = {split: {"given": len(load_situations(path))} for split, path in given.items()}
    asked = [split for split in SPLITS if split not in given]
    made = _over_splits(
        work,
        SITUATION,
        asked,
        lambda split: read(work.inputs["corpus"] / f"fusedchat-{split}.jsonl"),
        lambda split: settings.options(),
        model=settings.model,
        how=settings.model_options(),
        seed=seed,
    )
    return {**made, "splits": {**facts, **made["splits"]}}


def synthesize(work: Work, settings: SynthesizeSettings, given: Mapping[Split, Path], seed: int) -> dict[str, Any]:
    """Put backstory and reaction into the dialogues of every split."""

    def options(split: Split) -> OperatorOptions:
        return settings.options(given.get(split, work.inputs["situations"] / split / "dialogues.jsonl"))

    return _over_splits(
        work,
        INTERFERENCE,
        list(SPLITS),
        lambda split: read(work.inputs["corpus"] / f"multiwoz-{split}.jsonl"),
        options,
        model=settings.model,
        how=settings.model_options(),
        seed=seed,
    )


def _over_splits(
    work: Work,
    operator: Operator,
    splits: list[Split],
    dialogues: Callable[[Split], Iterable[Dialogue]],
    options: Callable[[Split], OperatorOptions],
    *,
    model: str,
    how: ModelOptions,
    seed: int,
) -> dict[str, Any]:
    return asyncio.run(_run(work, operator, splits, dialogues, options, model, how, seed))


async def _run(
    work: Work,
    operator: Operator,
    splits: list[Split],
    dialogues: Callable[[Split], Iterable[Dialogue]],
    options: Callable[[Split], OperatorOptions],
    model: str,
    how: ModelOptions,
    seed: int,
) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    ledger = Ledger(work.ledger)
    opened = open_model(model, how, ledger=ledger)
    async with ModelDesk(dict.fromkeys(operator.roles, opened), ledger=ledger) as desk:
        for split in splits:
            with RunFolder(work.folder / split) as folder, progress_to(sys.stderr) as progress:
                outcome = await run(
                    operator, dialogues(split), desk, options(split), folder, seed=seed, progress=progress
                )
                facts[split] = _counts(outcome)
                folder.write_receipt(facts[split] | {"complete": outcome.stopped is None})
            if outcome.stopped is not None:
                raise outcome.stopped
            if outcome.unanswered and not outcome.made:
                gate, count = outcome.rejected.most_common(1)[0]
                raise DuologueError(
                    f"no dialogue was made, {count} of {outcome.tried} failed by {gate}",
                    where=str(work.folder / split / REJECTED),
                    mend="look at the evidence there and run the recipe again",
                )
        return {"model": opened.name, "splits": facts, "requests": desk.receipt.as_dict()}


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "tried": outcome.tried,
        "made": outcome.made,
        "rejected": dict(outcome.rejected.most_common()),
        "not_tried": dict(outcome.not_tried),
    }
