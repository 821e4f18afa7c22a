"""`duologue train classifier DATA --model SPEC --out DIR`: which strategy does a reply follow?

duologue train classifier support/train.json --format esconv --validation support/val.json --out runs/classifier
duologue train classifier runs/continuations/dialogues.jsonl --format duologue --model hf:roberta-large --out runs/c
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.results import number
from duologue.corpora import formats
from duologue.training.classifier_options import ClassifierOptions

if TYPE_CHECKING:
    from duologue.training.classifier_data import Texts


def classifier(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    format: str | None = None,
    validation: str | None = None,
    test: str | None = None,
    options: Annotated[ClassifierOptions | None, Parameter(name="*")] = None,
) -> None:
    """A strategy classifier: a classification head on any encoder or causal model, best weights by macro F1.

    A training that was stopped goes on when run again.

    Parameters
    ----------
    data
        JSONL rows of `text` and `label` (and `conversation`); or dialogues, with --format: the strategies of their
        branches, where they have some, or of their gold system turns.
    model
        `tiny`, `hf:ORG/NAME`, `hf:PATH` or a folder.
    out
        Folder of the classifier, `metrics.jsonl`, `predictions.jsonl` (of the test part) and `training.json`.
    format
        The format of dialogues in DATA, e.g. `esconv`, `duologue`.
    validation
        Data of the same kind to choose the best weights by; by default a share of the conversations in DATA.
    test
        Data of the same kind for the final figures; by default another share.
    """
    from duologue.training.classifier import train_classifier
    from duologue.training.classifier_data import dialogue_texts, divided, row_texts

    chosen = options or ClassifierOptions()
    log = logging.getLogger(__name__)

    def texts(path: str) -> Texts:
        if format is None:
            return row_texts(path, chosen)
        return dialogue_texts(formats.read(path, format, on_problem=lambda problem: log.warning("%s", problem)), chosen)

    name = data if format is None else f"{data} ({format})"
    parts = divided(
        texts(data),
        chosen,
        what=name,
        validation=None if validation is None else texts(validation),
        test=None if test is None else texts(test),
    )
    done = train_classifier(parts, model=model, out=out, options=chosen, name=name)
    if done.record:
        _show(done.record)
        print(f"{done.folder}: {done.steps} steps, best at {done.record['best']['step']}, {done.record['seconds']} s")


def _show(record: Mapping[str, Any]) -> None:
    part = "test" if "test" in record["scores"] else "validation"
    score = record["scores"][part]
    table = Table("strategy", "precision", "recall", "F1", "texts")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, each in score["classes"].items():
        table.add_row(label, *(number(each[name]) for name in ("precision", "recall", "f1")), str(each["support"]))
    means = (number(score[f"macro_{name}"]) for name in ("precision", "recall", "f1"))
    table.add_row("all (macro)", *means, str(record["examples"][part]), end_section=True)
    console = Console(highlight=False, markup=False)
    console.print(f"{part} part: accuracy {number(score['accuracy'])} %", soft_wrap=True)
    console.print(table)
