"""`duologue convert`: read a corpus in one format and write it in another, as a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from duologue.cli.column_flags import ColumnFlags
from duologue.corpora import formats
from duologue.corpora.fusedchat import read_partition
from duologue.corpora.multiwoz import convert as multiwoz_convert
from duologue.corpora.multiwoz.layout import CONVERTED, PUBLISHED
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError
from duologue.files import write_json

_MULTIWOZ_22 = ("multiwoz22", "multiwoz22-hf")


def convert(
    src: str,
    dest: str,
    *,
    from_: Annotated[str, Parameter(name="--from")] = "duologue",
    to: str = "duologue",
    draw: int | None = None,
    suffix_ids: bool = False,
    multiwoz: Annotated[list[str] | None, Parameter(negative="")] = None,
    multiwoz_format: str = "multiwoz21",
    partition: str | None = None,
    split: str | None = None,
    repair: Annotated[bool | None, Parameter(negative="")] = None,
    layout: str | None = None,
    whitespace: Literal["kept", "regular"] | None = None,
    databases: Path | None = None,
    executable: Annotated[bool | None, Parameter(negative="")] = None,
    paths: Annotated[bool | None, Parameter(negative="")] = None,
    keep_going: bool = False,
    json: Path | None = None,
    columns: ColumnFlags | None = None,
) -> int:
    """Read a corpus in one format and write it in another.

    The first dialogue with something wrong stops it, unless you say --keep-going.

    Args:
        src: the file (or folder) to read.
        dest: the file (or folder) to write; `.gz` and `.zst` are packed.
        from_: format of src: duologue (our JSONL), multiwoz21, multiwoz22, multiwoz22-hf, sgd, fusedchat, situations,
            interference, convogen, esconv, extended-esc, pacific, abg-coqa, spider, messages, sharegpt, openai, vertex,
            parquet (dialogues), seeds (TSV, CSV, JSONL, Parquet or plain text, by suffix); to read only:
            fusedchat-lexicalized, interference-steps.
        to: format of dest.
        draw: of several draws of one dialogue, write this one.
        suffix_ids: write derived dialogues under their own ids instead of their parents'.
        multiwoz: reading fusedchat or interference-steps: the MultiWOZ file (or files: repeat it) that their
            dialogues come from; from multiwoz22 to the converted layout: 2.1's data.json, for goals and bookings.
        multiwoz_format: format of these files.
        partition: reading fusedchat: its partition dictionary.
        split: reading fusedchat: only this split of the partition.
        repair: reading situations: mend the known flaws of the published files.
        layout: writing vertex: current, gemini-1.0, palm-chat or palm-text; writing multiwoz21: published or converted
            (lists of values, character spans; from multiwoz22 what is elsewhere called MultiWOZ_2.2.json);
            writing esconv: original or lines (text, speaker, strategy).
        whitespace: reading esconv: kept (the default), or regular, without the line breaks that its seekers end in.
        databases: reading spider: the folder with database/ and tables.json, where it is not that of src.
        executable: reading spider: only the questions whose database has a file.
        paths: writing chat formats: every path of a tree, not only the trunk.
        keep_going: leave out what cannot be read, write the rest, tell at the end (exit 1).
        json: write the count and what was told to this file as well.
        columns: reading seeds: which column holds what.
    """
    odd: list[Problem] = []
    tell = odd.append if keep_going else _stop_at(src)
    if from_ in _MULTIWOZ_22 and (to, layout) == ("multiwoz21", "converted"):
        goals = multiwoz[0] if multiwoz else None
        count = multiwoz_convert.convert(src, dest, multiwoz21_path=goals, on_problem=tell)
    else:
        read_options: dict[str, Any] = (
            _given(split=split, repair=repair, whitespace=whitespace, databases=databases, executable=executable)
            | (columns or ColumnFlags()).given()
        )
        if multiwoz:
            sources = [formats.read(source, multiwoz_format) for source in multiwoz]
            read_options["multiwoz"] = chain.from_iterable(sources)
        if partition is not None:
            read_options["partition"] = read_partition(partition)
        sound = _sound(formats.read(src, from_, on_problem=tell, **read_options), from_, tell)
        write_options = _given(layout=_layout(to, layout), paths=paths)
        count = formats.write(dest, sound, to, draw=draw, suffix_ids=suffix_ids, **write_options)
    print(f"{count} dialogues written to {dest}")
    for problem in odd:
        print(problem, file=sys.stderr)
    if json is not None:
        write_json(json, {"dialogues": count, "problems": odd})
    return 1 if odd else 0


def _sound(dialogues: Iterator[Dialogue], name: str, tell: OnProblem) -> Iterator[Dialogue]:
    """The dialogues in which nothing is wrong; of the others everything is told."""
    for dialogue in dialogues:
        problems = list(formats.check(dialogue, name))
        for problem in problems:
            tell(problem)
        if problems:
            tell(Problem(dialogue.id, "dialogue", "left out"))
        else:
            yield dialogue


def _stop_at(src: str) -> OnProblem:
    def stop(problem: Problem) -> None:
        where = f"{src}, dialogue {problem.dialogue}, {problem.where}"
        raise InputError(problem.what, where=where, mend="mend it, or leave such dialogues out with --keep-going")

    return stop


def _layout(name: str, layout: str | None) -> Any:
    """A writer's `layout` as the writer knows it."""
    if name != "multiwoz21" or layout is None:
        return layout
    layouts = {"published": PUBLISHED, "converted": CONVERTED}
    if layout not in layouts:
        raise InputError(f"unknown layout '{layout}'", where="--layout", mend=f"known are {', '.join(layouts)}")
    return layouts[layout]


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
