"""A folder with a run that broke off, dialogues that operators worked on, and rows, as commands leave it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from continued import write_continued
from samples import RuleModel, desk_of, situated

from duologue.experiments.recipe import load_recipe
from duologue.experiments.run_folder import REPORT, write_recipe
from duologue.experiments.stages import Stage, Work, run_stages
from duologue.files import write_text
from duologue.operators import RunFolder, run
from duologue.operators.interference import INTERFERENCE, InterferenceOptions

REPLIES = {"Offer Hope": "It gets better.", "Affirmation": "Well done, Žofie!", "Clarification": "Which <one>?"}


def interfere(work: Work) -> Mapping[str, Any]:
    """Every seventh answer of the model is broken, so that some dialogues are rejected."""

    async def go() -> int:
        async with desk_of(RuleModel(broken=4), work.ledger) as desk:
            with RunFolder(work.folder) as folder:
                done = await run(INTERFERENCE, map(situated, range(30)), desk, InterferenceOptions(), folder)
                return done.made

    return {"made": asyncio.run(go()), "where": "Kraków <b>"}


def train(work: Work) -> Mapping[str, Any]:
    rows = [{"step": step, "epoch": step / 10, "loss": 2 / step, "grad_norm": float("nan")} for step in range(1, 6)]
    rows[2] |= {"eval_loss": 0.5, "samples": [{"text": "x"}], "grad_norm": 1.0}
    rows[4] |= {"eval_loss": 0.25, "huge": 10**400}
    text = "".join(json.dumps(row) + "\n" for row in rows)
    write_text(work.folder / "model/metrics.jsonl", text + '{"step": 6, "loss": 0.1')
    return {"final_loss": rows[-1]["loss"]}


def breaks(work: Work) -> Mapping[str, Any]:
    raise RuntimeError("power cut")


def write_small_run(root: Path) -> None:
    """Write `runs/first` and `grown` below a folder."""
    folder = root / "runs/first"
    stages = [
        Stage("interference", interfere),
        Stage("train/plain", train, inputs=("interference",)),
        Stage("evaluate", breaks, inputs=("train/plain",)),
    ]
    write_recipe(folder, load_recipe("seedtalk", ["scale=smoke"]))
    with pytest.raises(RuntimeError):
        list(run_stages(stages, folder))
    write_text(folder / REPORT, "<!doctype html><style>p{color:red}</style><p>It went well.<script>alert(1)</script>")
    write_continued(
        root / "grown", 45, lambda point, name: f"{REPLIES[name]} ({point})", scores=lambda point: point / 7
    )
