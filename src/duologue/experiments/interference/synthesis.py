"""Stages `situations` and `synthesize`: an operator over each split, through the engine and a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from duologue.dialogue import Dialogue, read
from duologue.experiments.interference.settings import SPLITS, SituationSettings, Split, SynthesizeSettings
from duologue.experiments.operating import desk_for, operate
from duologue.experiments.settings import Asking
from duologue.experiments.stages import Work
from duologue.operators.given import load_situations
from duologue.operators.interference import INTERFERENCE
from duologue.operators.operator import Operator, OperatorOptions
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
        asking=settings,
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
        asking=settings,
        seed=seed,
    )


def _over_splits(
    work: Work,
    operator: Operator,
    splits: list[Split],
    dialogues: Callable[[Split], Iterable[Dialogue]],
    options: Callable[[Split], OperatorOptions],
    *,
    asking: Asking,
    seed: int,
) -> dict[str, Any]:
    async def over() -> dict[str, Any]:
        async with desk_for(work, asking, operator) as desk:
            facts = {
                split: await operate(desk, operator, dialogues(split), options(split), work.folder / split, seed=seed)
                for split in splits
            }
            name = desk.models[operator.roles[0]].name
            return {"model": name, "splits": facts, "requests": desk.receipt.as_dict()}

    return asyncio.run(over())
