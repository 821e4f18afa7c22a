"""`duologue check`: validate a file and print what it holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Parameter

from duologue.cli.column_flags import ColumnFlags
from duologue.corpora import formats
from duologue.corpora.census import Census
from duologue.errors import InputError
from duologue.files import write_json


def check(
    src: str,
    *,
    format: str = "duologue",
    databases: Path | None = None,
    executable: Annotated[bool | None, Parameter(negative="")] = None,
    json: Path | None = None,
    columns: ColumnFlags | None = None,
) -> int:
    """Validate every dialogue of a file and print what it holds; exit 1 when something is wrong.

    Args:
        src: a file (or folder) of dialogues; plain, .gz, .zst, any fsspec path.
        format: how it is laid out; `duologue convert --help` names the formats.
        databases: reading spider: the folder with database/ and tables.json, where it is not that of src.
        executable: reading spider: tell of questions whose database has no file.
        json: write the counts and problems to this file as well.
        columns: reading seeds: which column holds what.
    """
    census = Census()
    options = (columns or ColumnFlags()).given()
    options |= {"databases": databases} if databases is not None else {}
    options |= {"executable": executable} if executable is not None else {}
    for dialogue in formats.read(src, format, on_problem=census.problem, **options):
        census.add(dialogue, formats.check(dialogue, format))
    if not census.problems and not census.counts().dialogues:
        raise InputError("holds no dialogues", where=src, mend="check file and format")
    _show(census, sys.stdout)
    if json is not None:
        result = {"counts": census.counts(), "problems": census.problems, "kinds": census.kinds()}
        write_json(json, result)
    return 1 if census.problems else 0


def _show(census: Census, out: TextIO) -> None:
    counts = census.counts()
    rows: list[tuple[str, object]] = [
        ("dialogues", counts.dialogues),
        ("turns", _listed(counts.turns)),
        ("words", counts.words),
        ("turns with a state", counts.with_state),
        ("domains", _listed(counts.domains)),
        ("insertions", _listed(counts.insertions)),
        ("labels", _listed(counts.labels)),
        ("facts", _listed(counts.facts)),
        ("branches", counts.branches),
        ("problems", census.problems),
    ]
    for name, value in rows:
        if value or name in ("dialogues", "problems"):
            print(f"{name:<18} {value or 0}", file=out)
    for kind in census.kinds():
        print(f"\n{kind.count} × {kind.what}", file=out)
        for example in kind.examples:
            print(f"    {example}", file=out)


def _listed(counts: dict[str, int]) -> str:
    total = f"{sum(counts.values())}: " if len(counts) > 1 else ""
    return total + ", ".join(f"{name} {count}" for name, count in counts.items())
