"""`duologue export RUN --out DIR`: what a run made as a data set; `export comparisons A B`: blind tasks for annotators.

duologue export runs/styled --out dataset
duologue export comparisons runs/c1 runs/standard --limit 45 --out blind
"""

from __future__ import annotations

from pathlib import Path

from cyclopts import App
from rich.console import Console

from duologue.cli.judge_flags import AnswerFlags, refuse_limit
from duologue.cli.results import list_problems
from duologue.evaluation.annotations.blind import CONFIG, KEY, TASKS, blind_tasks, write_blind
from duologue.evaluation.comparisons.loading import load_comparisons
from duologue.files import write_json
from duologue.operators.dataset_card import CARD, export_dataset

export = App(
    name="export",
    help="Write what a run made as a data set with its card, or as blind tasks for annotators.",
    result_action="return_value",
)


@export.default
def dataset(run: Path, /, *, out: Path, json: Path | None = None) -> None:
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


@export.command
def comparisons(
    first: str,
    second: str,
    *,
    out: Path,
    layouts: tuple[str, str] | None = None,
    names: tuple[str, str] | None = None,
    limit: int | None = None,
    seed: int = 0,
    answers: AnswerFlags | None = None,
) -> int:
    """Write two systems' answers as blind tasks for Label Studio, with its configuration and a key for yourself.

    Args:
        first: Dialogues with branches (a file, or the folder of `synthesize continuation`), or predictions.
        second: The same of the other system.
        out: Folder for `tasks.json`, `labelling.xml` and `key.jsonl`; only the key says which system is where.
        layouts: Which layout's branches are the first system's and which the second's, where a file has several.
        names: What to call the two systems in the key.
        limit: At most so many tasks: one of each conversation before the second of any, strategies balanced.
        seed: Of sides and order.
        answers: What is answered.
    """
    refuse_limit(limit)
    files = answers or AnswerFlags()
    found = load_comparisons(
        (first, second), layouts=layouts, names=names, references=files.references(), strategies=files.meanings()
    )
    made = blind_tasks(found, seed=seed, limit=limit)
    write_blind(out, made)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(
        f"{len(made.tasks)} tasks: set up a Label Studio project with {out / CONFIG}, import {out / TASKS}; keep "
        f"{out / KEY} for `duologue evaluate agreement EXPORT --key {out / KEY}`"
    )
    return list_problems(found.problems, "answers that cannot be compared")
