"""Stages `respond/SYSTEM`: a system answers the test dialogues, with one decoding or with all of them.

`DECODING.jsonl` holds the answers, `table.json` lengths, diversity and speed.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import msgspec

from duologue.dialogue import read
from duologue.experiments.decoding_sweep import DecodingRow, sweep
from duologue.experiments.lab.settings import LabRecipe
from duologue.experiments.lab.systems import answering
from duologue.experiments.stages import Work
from duologue.experiments.trained import spec_of
from duologue.models.desk import ModelDesk
from duologue.models.ledger import Ledger
from duologue.models.local import LocalModel
from duologue.models.spec import open_model
from duologue.models.speed_card import machine

logger = logging.getLogger("duologue")


def respond(work: Work, name: str, recipe: LabRecipe) -> dict[str, Any]:
    """Answer every system turn of the test split."""
    return asyncio.run(_respond(work, name, recipe))


async def _respond(work: Work, name: str, recipe: LabRecipe) -> dict[str, Any]:
    settings, stage = recipe.systems[name], f"train/{name}"
    spec = spec_of(work.inputs[stage], work.facts[stage]) if settings.trained else settings.base
    model = open_model(
        spec,
        device=recipe.respond.device,
        dtype=None if settings.bits else recipe.respond.dtype,
        load_in=settings.bits,
        max_batch=recipe.respond.max_batch,
    )
    async with ModelDesk({"default": model}, ledger=Ledger(work.ledger), budget=work.budget) as desk:
        await model.ready()  # so that loading is no decoding's time
        table = await sweep(
            lambda: read(work.inputs["corpus"] / "test.jsonl"),
            answering(recipe, name, model),
            recipe.decodings_of(name),
            work.folder,
            complete=partial(desk.complete, "default"),
            model=name,
            on_row=partial(_tell, name),
        )
        device, cuda, memory = machine(model.loaded.model) if isinstance(model, LocalModel) else (None, None, None)
        return {
            "decodings": {row.name: msgspec.to_builtins(row) for row in table.rows},
            "requests": desk.receipt.as_dict(),
            "device": device,
            "cuda": cuda,
            "memory_mb": memory,
        }


def _tell(name: str, row: DecodingRow) -> None:
    logger.info("respond/%s: %s, %d turns", name, row.name, row.turns)
