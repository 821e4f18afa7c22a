"""Stages `respond/TRAIN-to-EVAL`: a trained system answers the test dialogues of one rendering."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from duologue.dialogue import DialoguePrediction, read, write_rows
from duologue.experiments.blocking import blocking
from duologue.experiments.interference.settings import RespondSettings
from duologue.experiments.stages import Work
from duologue.experiments.trained import spec_of
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.spec import open_model
from duologue.systems.simpletod import SimpleTodOptions
from duologue.systems.simpletod import respond as answer
from duologue.views.simpletod import MarkerStyle, Variant

logger = logging.getLogger("duologue")
_TELL_SECONDS = 5.0


def respond(
    work: Work, trained: str, asked: Variant, settings: RespondSettings, markers: MarkerStyle
) -> dict[str, Any]:
    """Answer every system turn of the test split; `predictions.jsonl` holds the answers."""
    stage = f"train/{trained}"
    spec = spec_of(work.inputs[stage], work.facts[stage])
    options = SimpleTodOptions(
        variant=asked, history=settings.history, markers=markers, max_new_tokens=settings.max_new_tokens
    )
    rows, requests = blocking(_answers(work, spec, options, settings))
    write_rows(work.folder / "predictions.jsonl", rows)
    turns = [turn for row in rows for turn in row.turns]
    return {
        "dialogues": len(rows),
        "turns": len(turns),
        "noted": sum(turn.note is not None for turn in turns),
        "requests": requests,
    }


async def _answers(
    work: Work, spec: str, options: SimpleTodOptions, settings: RespondSettings
) -> tuple[list[DialoguePrediction], dict[str, Any]]:
    ledger = Ledger(work.ledger)
    model = open_model(
        spec, device=settings.device, dtype=settings.dtype, load_in=settings.load_in, max_batch=settings.max_batch
    )
    async with ModelDesk({"default": model}, ledger=ledger, budget=work.budget) as desk:
        complete = partial(desk.complete, "default")
        dialogues = read(work.inputs["data"] / "interference-test.jsonl")
        rows = [row async for row in _told(answer(dialogues, complete, options), work)]
        return rows, desk.receipt.as_dict()


async def _told(rows: AsyncIterator[DialoguePrediction], work: Work) -> AsyncIterator[DialoguePrediction]:
    """The same rows, with a line of progress every few seconds."""
    told, count = time.monotonic(), 0
    total = work.facts["data"]["dialogues"]["test"]
    async for row in rows:
        yield row
        count += 1
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            logger.info("%s: %d of %d dialogues answered", work.folder.name, count, total)
