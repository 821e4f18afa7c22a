"""`duologue export RUN --out DIR`: what a run made as a data set, with a card written from its ledger."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from duologue.files import write_json
from duologue.operators.dataset_card import CARD, export_dataset


def export(run: Path, /, *, out: Path, json: Path | None = None) -> None:
    """Write a run's dialogues as Parquet files, with a card that says how they were made.

    Args:
        run: The folder of a finished run: the --out of synthesize, gather or run.
        out: Folder for the data set; what is there of an earlier one is replaced.
        json: Write the counts here.
    """
    configs = export_dataset(run, out)
    console = Console(highlight=False, soft_wrap=True)
    for config in configs:
        console.print(f"{config.name}: {config.rows} dialogues, {config.turns} turns", markup=False)
    console.print(f"data set in {out}; say in {out / CARD} where its input comes from", markup=False)
    if json is not None:
        write_json(json, {each.name: {"dialogues": each.rows, "turns": each.turns} for each in configs})
