"""Annotations from a file: our own JSONL, or one of Label Studio's two JSON exports (`label_studio`).

found = read_annotations("annotation-results.json")               # the format is guessed
found = read_annotations("export.json", key=read_key("blind/key.jsonl"))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from msgspec.structs import replace

from duologue.corpora.json_stream import first_byte, read_list
from duologue.dialogue import read_rows
from duologue.errors import InputError
from duologue.evaluation.annotations.annotation import Annotation, Annotations
from duologue.evaluation.annotations.key import KeyRow
from duologue.evaluation.annotations.label_studio import is_full, of_full, of_min

AnnotationFormat: TypeAlias = Literal["duologue", "label-studio", "label-studio-min"]
FORMATS: tuple[AnnotationFormat, ...] = get_args(AnnotationFormat)


def read_annotations(
    path: str | Path, format: AnnotationFormat | None = None, *, key: Mapping[str, KeyRow] | None = None
) -> Annotations:
    """Read annotations.

    Args:
        path: the file.
        format: `duologue` (a row an annotation), `label-studio` (its JSON) or `label-studio-min` (its JSON-MIN, as the
            published file); None guesses.
        key: of blind tasks: says which system is on which side.

    Raises:
        InputError: nothing in it can be used, or the key is that of other tasks; says where.
    """
    chosen = format or guess_format(path)
    problems: list[str] = []
    rows: Iterable[Annotation]
    if chosen == "duologue":
        rows = read_rows(path, Annotation)
    else:
        rows = (of_full if chosen == "label-studio" else of_min)(read_list(path), str(path), problems.append)
    latest: dict[tuple[str, str], Annotation] = {}
    for row in rows:
        if (row.task, row.annotator) in latest:
            problems.append(f"task {row.task}: annotated more than once by {row.annotator}; the last one counts")
        latest[row.task, row.annotator] = row
    if not latest:
        told = f"; {problems[0]}" if problems else ""
        raise InputError(f"holds no annotation{told}", where=str(path), mend=f"give --format, one of {_names()}")
    found = list(latest.values())
    return Annotations(found if key is None else [_unblinded(row, key, str(path)) for row in found], problems)


def guess_format(path: str | Path) -> AnnotationFormat:
    """Which format a file has, by its beginning.

    Raises:
        InputError: it is neither JSON nor JSONL.
    """
    begins = first_byte(path)
    if begins == b"{":
        return "duologue"
    if begins == b"[":
        first = next(iter(read_list(path)), None)
        return "label-studio" if is_full(first) else "label-studio-min"
    raise InputError("holds neither a JSON list nor JSON lines", where=str(path), mend=f"give one of {_names()}")


def _unblinded(row: Annotation, key: Mapping[str, KeyRow], path: str) -> Annotation:
    sides = key.get(row.task)
    if sides is None:
        raise InputError(f"task {row.task} is not in the key", where=path, mend="give the key.jsonl of these tasks")
    return replace(
        row, left=sides.left, right=sides.right, strategy=sides.strategy, measures=row.measures | sides.measures
    )


def _names() -> str:
    return ", ".join(FORMATS)
