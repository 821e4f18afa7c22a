"""`duologue evaluate agreement ANNOTATIONS`: whether people agree, whom they prefer, and what goes with it.

duologue evaluate agreement annotation-results.json --json scores.json
duologue evaluate agreement label-studio-export.json --key blind/key.jsonl --annotations mine.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, list_problems, number
from duologue.cli.win_tables import show_wins
from duologue.dialogue import write_rows
from duologue.errors import InputError
from duologue.evaluation.agreement.agreement import AgreementScore, score_agreement
from duologue.evaluation.agreement.measured import MeasureScore
from duologue.evaluation.agreement.reliability import Reliability
from duologue.evaluation.annotations.attention import with_attention
from duologue.evaluation.annotations.key import read_key
from duologue.evaluation.annotations.reading import FORMATS, AnnotationFormat, read_annotations
from duologue.evaluation.bootstrap import Figure
from duologue.files import write_json


def agreement(
    file: Path,
    *,
    format: AnnotationFormat | None = None,
    key: Path | None = None,
    sra: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    annotations: Path | None = None,
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """People's preferences between two answers: alpha, kappa, win rates, and correlation with measures such as SRA.

    Parameters
    ----------
    file
        Annotations: JSON or JSON-MIN of Label Studio, or our own JSONL (a row an annotation).
    format
        label-studio, label-studio-min or duologue; guessed by default.
    key
        key.jsonl of blind tasks (`duologue export comparisons`), which says what stood on which side.
    sra
        SYSTEM=FOLDER, what `duologue attend` wrote for a system's dialogues: also correlate with SRA. Repeat it.
    annotations
        Write the annotations here as our own JSONL, the sides named.
    seed
        Of the bootstrap over tasks.
    json
        Write everything here, annotation by annotation.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"no format {format!r}", where="--format", mend=f"give one of {', '.join(FORMATS)}")
    if sra and key is None:
        raise InputError("--sra needs --key, which says what stood on which side", where="--sra")
    sides = None if key is None else read_key(key)
    if sra and sides is not None:
        sides = with_attention(sides, _folders(sra))
    found = read_annotations(file, format, key=sides)
    score = score_agreement(found, seed=seed)
    _show(score)
    if annotations is not None:
        write_rows(annotations, found.rows)
    if json is not None:
        write_json(json, score)
    return list_problems(found.problems, "problems with the annotations")


def _folders(told: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in told:
        name, equals, folder = each.partition("=")
        if not equals:
            raise InputError(f"expected SYSTEM=FOLDER, found {each!r}", where="--sra")
        found[name] = folder
    return found


def _show(score: AgreementScore) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    told = score.reliability
    names = ", ".join(f"{name} ({count})" for name, count in score.annotators.items())
    console.print(
        f"{told.annotations} annotations of {told.tasks} tasks, {told.rated_again} by two or more; by {names}"
    )
    for name, each in score.measures.items():
        bounds = f"{number(each.low)} to {number(each.high)}"
        console.print(f"inside, {name}: right − left, z-scored, in its 1st–99th percentile, {bounds}")
    console.print("agreement: Krippendorff's alpha, Cohen's kappa, and pairs of ratings of one task")
    _show_reliability(console, {"all": told} | {name: each.reliability for name, each in score.measures.items()})
    for each in score.measures.values():
        _show_measure(console, each)
    if score.wins.pairs:
        show_wins("whom people prefer", score.wins)
    else:
        console.print("which systems were compared is not known; give --key for their win rates")


def _show_reliability(console: Console, parts: dict[str, Reliability]) -> None:
    table = Table("")
    for name, part in parts.items():
        within = "all" if name == "all" else f"inside, {name}"
        table.add_column(f"{within}\n{part.annotations} rows", justify="right")
        table.add_column("95 % interval", justify="right")
    lines = [_reliability_figures(part) for part in parts.values()]
    for name in lines[0]:
        table.add_row(name, *(cell for line in lines for cell in _cells(line.get(name))))
    console.print(table)


def _reliability_figures(part: Reliability) -> dict[str, Figure]:
    found = {f"alpha, {level}": figure for level, figure in part.alpha.items()}
    for names, each in part.kappa.items():
        found |= {f"kappa of {names}, {weights}": figure for weights, figure in each.items()}
    return found | {"same rating, %": part.exact, "same side, %": part.same_sign}


def _show_measure(console: Console, score: MeasureScore) -> None:
    console.print(
        f"preference and {score.measure}: they point to the same side in {number(score.same_sign.value)} % "
        f"({interval_of(score.same_sign.interval)}) of the {score.preferences} annotations that prefer one"
    )
    table = Table("annotator", "rows", "Pearson", "95 % interval", "Spearman", "95 % interval")
    for column in table.columns[1:]:
        column.justify = "right"
    for title, found in (("inside", score.inside), ("all rows", score.all)):
        for name, each in found.items():
            table.add_row(f"{name}, {title}", str(each.rows), *_cells(each.pearson), *_cells(each.spearman))
    console.print(table)


def _cells(figure: Figure | None) -> tuple[str, str]:
    return ("–", "") if figure is None else (number(figure.value), interval_of(figure.interval))
