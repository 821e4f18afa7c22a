"""Stages `respond/SYSTEM`: a system answers the test dialogues, with one decoding or with all of them.

`DECODING.jsonl` holds the answers, `table.json` lengths, diversity and speed.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

import msgspec

from duologue.dialogue import read
from duologue.experiments.blocking import blocking
from duologue.experiments.decoding_sweep import DecodingRow, sweep
from duologue.experiments.lab.settings import LabRecipe
from duologue.experiments.lab.systems import answering
from duologue.experiments.stages import Work
from duologue.experiments.trained import spec_of
from duologue.models.answering_card import answering_card
from duologue.models.opening import open_desk
from duologue.models.spec import ModelOptions

logger = logging.getLogger("duologue")


def respond(work: Work, name: str, recipe: LabRecipe) -> dict[str, Any]:
    """Answer every system turn of the test split."""
    return blocking(_respond(work, name, recipe))


async def _respond(work: Work, name: str, recipe: LabRecipe) -> dict[str, Any]:
    settings, stage = recipe.systems[name], f"train/{name}"
    spec = spec_of(work.inputs[stage], work.facts[stage]) if settings.trained else settings.base
    asked = recipe.respond
    how = ModelOptions(
        device=asked.device,
        dtype=None if settings.bits else asked.dtype,
        load_in=settings.bits,
        max_batch=asked.max_batch,
    )
    async with open_desk({"default": spec}, how, ledger=work.ledger, budget=work.budget) as desk:
        model = desk.models["default"]
        await model.ready()  # so that loading is no decoding's time
        begun = time.perf_counter()
        table = await sweep(
            lambda: read(work.inputs["corpus"] / "test.jsonl"),
            answering(recipe, name, model),
            recipe.decodings_of(name),
            work.folder,
            complete=partial(desk.complete, "default"),
            model=name,
            on_row=partial(_tell, name),
        )
        return {
            "decodings": {row.name: msgspec.to_builtins(row) for row in table.rows},
            "requests": desk.receipt.as_dict(),
            "speed": msgspec.to_builtins(answering_card(model, desk.receipt, time.perf_counter() - begun)),
        }


def _tell(name: str, row: DecodingRow) -> None:
    logger.info("respond/%s: %s, %d turns", name, row.name, row.turns)
